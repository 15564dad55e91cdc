// Pictures of a detection data set with their objects, one by one.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/data/dataset.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {

/// Where the picture of an image of `source` ("coco:FILE.json", "voc:DIR", "yolo:DIR", "masks:DIR") is: under `image_root` when that is
/// given; else beside the file or in the folder, in its images, JPEGImages, <stem>/images, and in images or a folder of the JSON file's
/// name beside it. Throws FileError naming the places where it was looked for.
std::filesystem::path find_image(const std::string& source, const DetectionImage& image, const std::filesystem::path& image_root = {});

/// The same for image `index` of a data set, whose reader may know the place.
std::filesystem::path find_image(const std::string& source, const DetectionDataset& data, std::size_t index,
                                 const std::filesystem::path& image_root = {});

/// The same, but an empty path where there is none.
std::filesystem::path find_picture(const std::string& source, const DetectionImage& image, const std::filesystem::path& image_root = {});

/// The pictures are read one by one, when they are asked for. Labels are indices of categories; crowds are left out.
class AnnotatedDataset final : public Dataset<AnnotatedImage> {
 public:
  /// Throws OptionError and FileError as open_detection_data.
  explicit AnnotatedDataset(std::string source, DetectionDataOptions options = {});

  std::int64_t size() const override { return static_cast<std::int64_t>(data_.images.size()); }
  /// Throws FileError when the picture cannot be found or read, or is not of the size that the annotations are for.
  AnnotatedImage get(std::int64_t index) const override;
  /// Of the categories.
  std::vector<std::string> names() const;
  const DetectionDataset& data() const { return data_; }

 private:
  std::string source_;
  std::filesystem::path image_root_;
  DetectionDataset data_;
  std::vector<std::vector<std::int32_t>> annotations_;  // of each image, in the file's order
};

}  // namespace fovea
