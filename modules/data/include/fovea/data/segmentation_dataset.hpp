// Pictures with a class per pixel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/dataset.hpp"
#include "fovea/vision/label_png.hpp"

namespace fovea {

struct SegmentationSample {
  cv::Mat image;   ///< 8-bit BGR; empty where only label maps are known
  cv::Mat labels;  ///< of the image's size: see SegmentationDataset
  std::string id;  ///< names the sample in reports and files: a path without extension, '/' between folders
};

/// Pictures and label maps. Whatever a file holds, the pixels of a map are here indices of labels(), or ignored() where the class is not
/// known: such pixels are neither learnt nor counted. Maps have 8 bits for up to 255 classes, 16 bits above that.
class SegmentationDataset : public Dataset<SegmentationSample> {
 public:
  /// Names of the classes. A class need not occur.
  virtual const std::vector<std::string>& labels() const = 0;
  /// Colours of the classes for pictures and label PNGs; empty where the data have none.
  virtual const Palette& palette() const = 0;
  virtual std::string id(std::int64_t index) const = 0;
  /// The label map alone, without reading the picture. Thread-safe. Throws FileError.
  virtual cv::Mat label_map(std::int64_t index) const = 0;

  /// Where the picture is; empty where there is none.
  virtual std::filesystem::path picture(std::int64_t index) const = 0;

  /// CV_8UC1 or CV_16UC1.
  int map_type() const;
  /// The label of pixels that do not count: 255 in maps of 8 bits, 65535 of 16 bits.
  int ignored() const;
};

using SegmentationDatasetPtr = std::shared_ptr<const SegmentationDataset>;

/// The most classes that a map of 8 bits can hold beside the ignored label.
inline constexpr std::size_t kMostClassesOf8Bits = 255;
/// The same for 16 bits, and so of any data set.
inline constexpr std::size_t kMostClassesOf16Bits = 65'535;

/// The samples of `dataset` at `indices`, in that order. Throws OptionError when there is no such sample.
SegmentationDatasetPtr subset(SegmentationDatasetPtr dataset, std::vector<std::int64_t> indices);

/// The samples of all `parts`, one after the other; labels and palette are those of the first. Throws OptionError when there are none or
/// their labels differ.
SegmentationDatasetPtr concatenation(std::vector<SegmentationDatasetPtr> parts);

/// For every sample the class of which a seeded split should give each part its share: of the classes in its map the one that the fewest
/// maps hold, of equals the lower; the number of classes where all pixels are ignored. Reads every map, in parallel.
std::vector<std::int64_t> rarest_classes(const SegmentationDataset& dataset, const Threads& threads);

}  // namespace fovea
