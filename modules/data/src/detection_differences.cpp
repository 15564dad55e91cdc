#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "detection_names.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "property_difference.hpp"

namespace fovea {

namespace {

std::string kind_of(const Segmentation& segmentation) {
  if (const auto* polygons = std::get_if<Polygons>(&segmentation)) return fmt::format("{} polygon(s)", polygons->size());
  return std::holds_alternative<RleMask>(segmentation) ? "run lengths" : "none";
}

/// The largest difference of two segmentations of the same structure, or infinity.
double distance(const Segmentation& a, const Segmentation& b) {
  constexpr double kOther = INFINITY;
  const auto *polygons_a = std::get_if<Polygons>(&a), *polygons_b = std::get_if<Polygons>(&b);
  if (polygons_a == nullptr || polygons_b == nullptr) return a == b ? 0 : kOther;
  if (polygons_a->size() != polygons_b->size()) return kOther;
  double largest = 0;
  for (std::size_t i = 0; i < polygons_a->size(); ++i) {
    const auto &xy = (*polygons_a)[i], &other = (*polygons_b)[i];
    if (xy.size() != other.size()) return kOther;
    for (std::size_t j = 0; j < xy.size(); ++j) largest = std::max(largest, std::abs(xy[j] - other[j]));
  }
  return largest;
}

double distance(const XywhBox& a, const XywhBox& b) {
  return std::max(std::max(std::abs(a.x - b.x), std::abs(a.y - b.y)), std::max(std::abs(a.width - b.width), std::abs(a.height - b.height)));
}

/// The properties of annotations.
class AnnotationComparison {
 public:
  void compare(const DetectionAnnotation& a, const std::string& class_a, const DetectionAnnotation& b, const std::string& class_b,
               const std::string& where) {
    id_.compare(a.id, b.id, where);
    category_.compare(class_a, class_b, where);
    area_.compare(a.area, b.area, where);
    crowd_.compare(a.is_crowd, b.is_crowd, where);
    difficult_.compare(a.is_difficult, b.is_difficult, where);
    truncated_.compare(a.is_truncated, b.is_truncated, where);
    const double box = distance(a.box, b.box), outline = distance(a.segmentation, b.segmentation);
    largest_ = std::max(largest_, box);
    box_.note(a.box == b.box, where, [&] { return fmt::format("by {:.3g} pixels", box); });
    segmentation_.note(!std::isinf(outline), where,
                       [&] { return fmt::format("{}, found {}", kind_of(a.segmentation), kind_of(b.segmentation)); });
    outline_.note(outline == 0 || std::isinf(outline), where, [&] { return fmt::format("by {:.3g} pixels", outline); });
  }
  void append_to(std::vector<std::string>& lines) const {
    for (const Property* property : {&id_, &category_, &area_, &crowd_, &difficult_, &truncated_, &segmentation_, &outline_})
      property->append_to(lines);
    box_.append_to(lines, fmt::format(", at most by {:.3g}", largest_));
  }

 private:
  Property id_{"annotation id"}, category_{"class"}, area_{"area"}, crowd_{"iscrowd"}, difficult_{"difficult"}, truncated_{"truncated"},
      segmentation_{"segmentation"}, outline_{"outline"}, box_{"box"};
  double largest_ = 0;
};

void compare_images(const DetectionDataset& expected, const DetectionDataset& found, std::vector<std::string>& lines) {
  const ImageObjects a(expected), b(found);
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < b.stems.size(); ++i) places.emplace(b.stems[i], i);
  Property missing("image"), id("image id"), name("file name"), size("image size"), count("number of annotations");
  AnnotationComparison annotations;
  for (std::size_t i = 0; i < expected.images.size(); ++i) {
    const DetectionImage& image = expected.images[i];
    const auto place = places.find(a.stems[i]);
    missing.note(place != places.end(), image.file_name, [] { return "missing"; });
    if (place == places.end()) continue;
    const DetectionImage& other = found.images[place->second];
    id.compare(image.id, other.id, image.file_name);
    name.compare(image.file_name, other.file_name, image.file_name);
    size.compare(fmt::format("{}x{}", image.width, image.height), fmt::format("{}x{}", other.width, other.height), image.file_name);
    const auto &objects = a.objects[i], &others = b.objects[place->second];
    count.compare(objects.size(), others.size(), image.file_name);
    for (std::size_t j = 0; j < std::min(objects.size(), others.size()); ++j)
      annotations.compare(*objects[j], expected.categories[static_cast<std::size_t>(objects[j]->category)].name, *others[j],
                          found.categories[static_cast<std::size_t>(others[j]->category)].name, image.file_name);
  }
  for (const Property* property : {&missing, &id, &name, &size, &count}) property->append_to(lines);
  annotations.append_to(lines);
}

}  // namespace

std::vector<std::string> detection_differences(const DetectionDataset& expected, const DetectionDataset& found) {
  std::vector<std::string> lines;
  const auto categories = index_by(found.categories, &DetectionCategory::name);
  Property missing("class without objects"), id("class id"), super("supercategory");
  for (const DetectionCategory& category : expected.categories) {
    const auto place = categories.find(category.name);
    missing.note(place != categories.end(), category.name, [] { return "missing"; });
    if (place == categories.end()) continue;
    const DetectionCategory& other = found.categories[static_cast<std::size_t>(place->second)];
    id.compare(category.id, other.id, category.name);
    super.compare(category.supercategory, other.supercategory, category.name);
  }
  for (const Property* property : {&missing, &id, &super}) property->append_to(lines);
  compare_images(expected, found, lines);
  return lines;
}

}  // namespace fovea
