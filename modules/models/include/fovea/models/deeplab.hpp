// DeepLabv3.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/models/segmentation_network.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct AtrousPyramidOptions {
  std::int64_t width = 256;                        ///< channels of the branches and of the result
  std::vector<std::int64_t> rates = {12, 24, 36};  ///< dilations of the 3x3 branches: 12, 24, 36 at stride 8; 6, 12, 18 at stride 16
  double dropout = 0.5;
};

/// Atrous spatial pyramid pooling, [N,H,W,C] -> [N,H,W,width]: a 1x1 convolution, 3x3 convolutions with dilations, and the image's mean by
/// a 1x1 convolution, side by side, then a 1x1 convolution; all with batch norm and ReLU. Chen et al. 2017, section 3.3. Children as in
/// torchvision: convs.0 ..., project.
class AtrousPyramid final : public Layer {
 public:
  AtrousPyramid(std::int64_t channels, const AtrousPyramidOptions& options = {});
  Variable forward(const Variable& x) override;

 private:
  ModuleList<ConvNorm> convs_;
  ConvNorm project_;
  Dropout dropout_;
};

struct DeepLabOptions {
  std::int64_t classes = 21;
  AtrousPyramidOptions pyramid = {};
  EdgeFill edges = EdgeFill::mirror;
};

/// Chen et al., "Rethinking atrous convolution for semantic image segmentation" (DeepLabv3), 2017, figure 5: the backbone's coarsest map,
/// an atrous pyramid, a 3x3 convolution with norm and ReLU, scores by a 1x1 convolution, bilinearly enlarged to the image. The backbone
/// keeps its resolution by dilation: ResNetOptions{.output_stride = 8} or 16. [N,H,W,C] -> logits [N,H,W,classes] for images of any size.
/// Children backbone and classifier, as in torchvision. Throws OptionError for options out of range.
class DeepLab final : public SegmentationNetwork {
 public:
  /// A backbone for 0 classes.
  DeepLab(std::unique_ptr<Backbone> backbone, const DeepLabOptions& options = {});
  Padding padding_of(Extent2 image) const override;

 protected:
  Variable logits_of(const Variable& grown) override;

 private:
  std::unique_ptr<Backbone> backbone_;
  std::int64_t stride_;  // of the coarsest map
  Sequential classifier_;
};

}  // namespace fovea
