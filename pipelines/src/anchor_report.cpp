#include "fovea/pipelines/anchor_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/version.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {

std::vector<AnchorSize> box_sizes(const DetectionDataset& data, const Preprocessing& input) {
  std::vector<std::unique_ptr<Transform>> geometries;
  for (const DetectionImage& image : data.images) {
    if (image.width < 1 || image.height < 1)
      throw OptionError(fmt::format("[anchors] the data set does not say how large {} is", image.file_name));
    geometries.push_back(input.geometry({static_cast<int>(image.width), static_cast<int>(image.height)}));
  }
  std::vector<AnchorSize> sizes;
  for (const DetectionAnnotation& object : data.annotations) {
    if (object.is_crowd) continue;
    const Box box = transformed(*geometries[static_cast<std::size_t>(object.image)], to_box(object.box));
    sizes.push_back({box.width(), box.height()});
  }
  return sizes;
}

AnchorReport find_anchors(const AnchorReportOptions& options) {
  const ImageSize size = parse_image_size(options.image_size);
  Preprocessing input{.width = static_cast<int>(size.width), .height = static_cast<int>(size.height), .resize = options.resize};
  const DetectionDataset data = open_detection_data(options.data, {.split = options.split, .names = {}, .image_root = options.image_root});
  AnchorReport report{.images = std::ssize(data.images), .notes = data.notes};
  for (const DetectionCategory& category : data.categories) report.classes.emplace_back(category.name, 0);
  for (const DetectionAnnotation& object : data.annotations)
    if (!object.is_crowd) ++report.classes[static_cast<std::size_t>(object.category)].second;
  const std::vector<AnchorSize> sizes = box_sizes(data, input);
  report.boxes = std::ssize(sizes);
  report.clusters = cluster_anchors(sizes, options.clusters);
  return report;
}

Json to_json(const AnchorReport& report, const AnchorReportOptions& options) {
  Json anchors = Json::array(), classes = Json::object();
  for (const AnchorSize& anchor : report.clusters.anchors) anchors.push_back({anchor.width, anchor.height});
  for (const auto& [name, count] : report.classes) classes[name] = count;
  return {{"anchors", anchors},
          {"mean_iou", report.clusters.mean_iou},
          {"recall", report.clusters.recall},
          {"iterations", report.clusters.iterations},
          {"count", report.boxes},
          {"images", report.images},
          {"classes", classes},
          {"image_size", options.image_size},
          {"resize", name_of(options.resize)},
          {"data", options.data},
          {"split", options.split},
          {"seed", options.clusters.seed},
          {"fovea_version", version()}};
}

}  // namespace fovea
