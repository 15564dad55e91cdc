// VGG.
#pragma once

#include <vector>

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct VggOptions {
  std::int64_t channels = 3;                                    ///< of the input; images have at least 32x32 pixels, usually 224x224
  std::int64_t classes = 1000;                                  ///< 0: no classifier (Backbone)
  std::vector<std::int64_t> convolutions = {2, 2, 3, 3, 3};     ///< of the groups
  std::vector<std::int64_t> widths = {64, 128, 256, 512, 512};  ///< channels of the groups
  bool batch_norm = false;                                      ///< after each convolution
  std::int64_t hidden = 4096;                                   ///< units of the two hidden layers
  double dropout = 0.5;
  bool pooled_maps = false;  ///< feature maps are taken behind the maxima (pool1 ... pool5, as FCN does), not before them
};

/// The networks of table 1: a depth of 11, 13, 16 or 19 (columns A, B, D, E). Throws OptionError for another.
VggOptions vgg_options(int depth, bool batch_norm = false);

/// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, table 1: 3x3 convolutions with
/// ReLU, a maximum of 2x2 after each group, the average of 7x7 windows (which does nothing to images of 224x224), three fully connected
/// layers with dropout. [N,H,W,C] -> logits [N,classes]. Children features.0 ... and classifier.0, .3, .6, as in torchvision. Feature maps:
/// the last of each group, before the maximum, and that of 32 pixels behind the last maximum; or those behind each maximum. Throws
/// OptionError for options out of range.
class Vgg final : public SequentialBackbone {
 public:
  explicit Vgg(const VggOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
