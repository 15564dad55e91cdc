#include "fovea/data/annotated_dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fovea/base/error.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

AnnotatedObject object_of(const DetectionAnnotation& annotation, const DetectionImage& image) {
  AnnotatedObject object{.box = to_box(annotation.box), .label = annotation.category};
  if (const auto* polygons = std::get_if<Polygons>(&annotation.segmentation))
    for (const std::vector<double>& polygon : *polygons) {
      auto& points = object.polygons.emplace_back();
      for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) points.emplace_back(polygon[i], polygon[i + 1]);
    }
  if (std::holds_alternative<RleMask>(annotation.segmentation)) object.mask = mask_of(annotation.segmentation, image.height, image.width);
  return object;
}

std::vector<fs::path> places_of(const std::string& source, const DetectionImage& image, const fs::path& image_root) {
  const fs::path in_sample = fs::path(image.file_name).stem() / "images" / fs::path(image.file_name).filename();
  if (!image_root.empty()) return {image_root / image.file_name, image_root / fs::path(image.file_name).filename(), image_root / in_sample};
  const fs::path path = path_of(source);
  if (fs::is_directory(path))
    return {path / image.file_name, path / "images" / image.file_name, path / "JPEGImages" / image.file_name, path / in_sample,
            image.file_name};
  const fs::path folder = path.parent_path(), above = folder / "..";
  return {folder / image.file_name, above / "images" / image.file_name, above / path.stem() / image.file_name,
          folder / "images" / image.file_name, image.file_name};
}

}  // namespace

fs::path find_picture(const std::string& source, const DetectionImage& image, const fs::path& image_root) {
  for (const fs::path& place : places_of(source, image, image_root))
    if (fs::is_regular_file(place)) return place;
  return {};
}

fs::path find_image(const std::string& source, const DetectionImage& image, const fs::path& image_root) {
  if (fs::path found = find_picture(source, image, image_root); !found.empty()) return found;
  std::vector<std::string> looked;
  for (const fs::path& place : places_of(source, image, image_root)) looked.push_back(place.string());
  throw FileError(image.file_name, fmt::format("is in none of {}; say --image-root", fmt::join(looked, ", ")));
}

fs::path find_image(const std::string& source, const DetectionDataset& data, std::size_t index, const fs::path& image_root) {
  if (data.image_files.empty()) return find_image(source, data.images[index], image_root);
  if (!fs::is_regular_file(data.image_files[index])) throw FileError(data.image_files[index].string(), "is missing");
  return data.image_files[index];
}

AnnotatedDataset::AnnotatedDataset(std::string source, DetectionDataOptions options)
    : source_(std::move(source)),
      image_root_(options.image_root),
      data_(open_detection_data(source_, options)),
      annotations_(annotations_by_image(data_)) {
  for (std::vector<std::int32_t>& annotations : annotations_)
    std::erase_if(annotations, [&](std::int32_t i) { return data_.annotations[static_cast<std::size_t>(i)].is_crowd; });
}

AnnotatedImage AnnotatedDataset::get(std::int64_t index) const {
  require_index(index, size());
  const DetectionImage& image = data_.images[static_cast<std::size_t>(index)];
  const fs::path path = find_image(source_, data_, static_cast<std::size_t>(index), image_root_);
  AnnotatedImage sample{.image = load_image(path)};
  if (image.width != 0 && sample.image.size() != cv::Size(static_cast<int>(image.width), static_cast<int>(image.height)))
    throw FileError(path.string(), fmt::format("has {}x{} pixels, but its annotations are for {}x{}", sample.image.cols, sample.image.rows,
                                               image.width, image.height));
  for (const std::int32_t annotation : annotations_[static_cast<std::size_t>(index)])
    sample.objects.push_back(object_of(data_.annotations[static_cast<std::size_t>(annotation)], image));
  return sample;
}

std::vector<std::string> AnnotatedDataset::names() const {
  std::vector<std::string> names;
  for (const DetectionCategory& category : data_.categories) names.push_back(category.name);
  return names;
}

}  // namespace fovea
