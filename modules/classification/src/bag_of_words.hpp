// Bag of visual words over small patches.
#pragma once

#include "fovea/classification/image_features.hpp"

namespace fovea {

/// A patch of P = patch * patch * channels values is centred and divided by its deviation, whitened (ZCA), and compared with the words.
/// With distances z_k to the words and their mean m it adds max(0, m - z_k) to word k of its region.
class BagOfWords final : public ImageFeatures {
 public:
  /// Throws OptionError when a patch does not fit into the image or a number is less than 1.
  BagOfWords(const BagOfWordsOptions& options, const ImageShape& shape);

  std::int64_t width() const override { return options_.grid * options_.grid * options_.words; }
  Tensor extract(const Tensor& images) const override;
  void fit(const Tensor& images, std::uint64_t seed) override;

 private:
  std::int64_t patch_size() const { return options_.patch * options_.patch * shape_.channels; }
  std::int64_t patch_rows() const { return (shape_.height - options_.patch) / options_.stride + 1; }
  std::int64_t patch_columns() const { return (shape_.width - options_.patch) / options_.stride + 1; }
  /// The normalised patch with its upper left corner at (y, x).
  void copy_patch(const float* image, std::int64_t y, std::int64_t x, float* patch) const;
  void learn_whitening(const Tensor& patches);
  Tensor whitened(const Tensor& patches) const;
  void add_words(const float* distances, float* features) const;

  BagOfWordsOptions options_;
  ImageShape shape_;
  Tensor mean_;       // [P]
  Tensor whitening_;  // [P, P]
  Tensor words_;      // [words, P]
};

}  // namespace fovea
