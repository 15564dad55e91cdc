// VGG-16 as detectors have it.
#pragma once

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct VggAtrousOptions {
  std::int64_t channels = 3;    ///< of the input, which has at least 16x16 pixels
  double width_multiplier = 1;  ///< of all channels
};

/// The convolutions of VGG-16 (vgg.hpp), where the third pooling rounds up, the fifth is 3x3 with stride 1, and the first two fully
/// connected layers are a 3x3 convolution with dilation 6 and a 1x1 convolution, each to 1024 channels. Liu et al., "SSD", ECCV 2016,
/// section 3; Chen et al., "Semantic image segmentation with deep convolutional nets", ICLR 2015, section 3.1. Children features.0 ... .33,
/// of which those to .28 are torchvision's VGG-16. Feature maps: conv4_3 (stride 8) and fc7 (stride 16); there is no classifier.
class VggAtrous final : public SequentialBackbone {
 public:
  /// Throws OptionError for a width multiplier outside (0, 16].
  explicit VggAtrous(const VggAtrousOptions& options = {});

 protected:
  Variable classify(const Variable& features) override { return features; }
};

}  // namespace fovea
