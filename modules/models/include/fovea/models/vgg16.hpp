// VGG-16.
#pragma once

#include <vector>

#include "fovea/nn/sequential.hpp"

namespace fovea {

struct Vgg16Options {
  /// Of the input. Five halvings have to leave a multiple of 7 (224 to 255, 448 to 479, ...), which is averaged down to 7x7.
  std::int64_t height = 224, width = 224;
  std::int64_t channels = 3;
  std::int64_t classes = 1000;
  std::vector<std::int64_t> widths = {64, 128, 256, 512, 512};  ///< of the five groups of 2, 2, 3, 3 and 3 convolutions
  std::int64_t hidden = 4096;                                   ///< units of the two hidden layers
  double dropout = 0.5;
};

/// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, table 1 column D: 3x3
/// convolutions with ReLU, a maximum of 2x2 after each group, three fully connected layers with dropout. [N,H,W,C] -> logits [N,classes].
/// Children features.0 to features.28 and classifier.0, .3, .6, as in torchvision. Throws OptionError for options out of range, ShapeError
/// for images of another size than one that fits.
class Vgg16 final : public Layer {
 public:
  explicit Vgg16(const Vgg16Options& options = {});
  Variable forward(const Variable& x) override;

 private:
  Sequential features_, classifier_;
};

}  // namespace fovea
