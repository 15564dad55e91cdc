// A folder per sample with images/ and masks/, one PNG per object: the form of the 2018 Data Science Bowl.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

struct InstanceMaskOptions {
  std::string name = "object";              ///< of the one class
  const DetectionDataset* sizes = nullptr;  ///< takes files and sizes from here, by stem, where there are no pictures
};

/// Reads DIR/SAMPLE/images/SAMPLE.* and DIR/SAMPLE/masks/*.png: samples and masks in natural order, every pixel that is not 0 is of the
/// object. Masks become run lengths, boxes and areas are theirs; images are numbered from 1 and called by the picture's file name. Samples
/// are read in parallel. Throws FileError naming the file: no sample, two pictures in one, a mask of colours or of another size than the
/// picture.
DetectionDataset read_instance_masks(const std::filesystem::path& folder, const InstanceMaskOptions& options = {});

/// Writes DIR/SAMPLE/masks/SAMPLE_0.png, ... for every image; pictures belong into DIR/SAMPLE/images. Classes, ids, crowds, flags, and
/// areas and boxes unlike the masks' are not held by this format. Throws OptionError when two images have the same stem, an image no size
/// or an object a box only.
void write_instance_masks(const std::filesystem::path& folder, const DetectionDataset& dataset);

/// Copies the pictures of `dataset`, which was read from `source` (find_image), to where they belong beside its masks. The number of those
/// that are not found. Throws FileError.
std::int64_t copy_sample_pictures(const std::filesystem::path& folder, const DetectionDataset& dataset, const std::string& source,
                                  const std::filesystem::path& image_root = {});

}  // namespace fovea
