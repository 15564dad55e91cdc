// What a training would see: pictures of a data set and what augmentation makes of them, with all annotations drawn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>

#include "fovea/base/json.hpp"
#include "fovea/data/segmentation_source.hpp"

namespace fovea {

struct PreviewOptions {
  std::string data;                  ///< "idx:", "folder:", "coco:", "voc:", "yolo:", "png:", "panoptic:" or "masks:"
  std::string split;                 ///< "": the format's usual one
  std::string names;                 ///< a file with one class name per line, for formats that hold none
  std::filesystem::path image_root;  ///< where pictures are, when not where the format says
  SegmentationDataOptions labels;    ///< what label maps hold; split, names, image_root and seed are those above
  std::string augment = "[]";        ///< JSON text, as augmentation_recipe.hpp reads it
  std::string image_size = "";       ///< "N" or "WxH", of what changes the size; empty: every picture keeps its own
  std::int64_t count = 6;            ///< pictures, drawn from the seed
  std::int64_t variants = 5;         ///< of each, beside the original
  std::uint64_t seed = 1;
};

/// Reads "augment" and "image_size" of a recipe. What works on whole batches ("mixup", "cutmix") is left out and named in `left_out`.
void read_preview_recipe(const std::filesystem::path& file, PreviewOptions& options, std::vector<std::string>& left_out);

/// A contact sheet: a row per picture, the original first. Throws OptionError and FileError; a picture that cannot be read is an error.
cv::Mat preview(const PreviewOptions& options);

}  // namespace fovea
