// Fully convolutional networks.
#pragma once

#include <memory>
#include <optional>

#include "fovea/models/backbone.hpp"
#include "fovea/models/segmentation_network.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// [N,H,W,C] -> [N, factor H, factor W, C]: a transposed convolution without bias whose first weights interpolate linearly and which learns
/// from there; all channels mix. Long et al. 2015, section 3.3. Parameter `weight` [C,R,S,C], R = S = 2 factor - factor % 2.
class LearnedUpsample final : public Layer {
 public:
  LearnedUpsample(std::int64_t channels, std::int64_t factor);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

 private:
  std::int64_t factor_;
  Variable weight_;
};

struct FcnOptions {
  std::int64_t classes = 21;
  std::int64_t finest = 8;     ///< the stride of the finest map that is scored: 32, 16 and 8 make FCN-32s, FCN-16s and FCN-8s
  std::int64_t hidden = 4096;  ///< channels of the two layers between the coarsest map and its scores; 0: none of them
  double dropout = 0.5;        ///< behind each of these
  EdgeFill edges = EdgeFill::mirror;
};

/// Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015, figure 3, on any backbone: the
/// coarsest map goes through 7x7 and 1x1 convolutions with ReLU (VGG's fully connected layers), every map from `finest` on gets scores by a
/// 1x1 convolution; coarse scores are enlarged and added to finer ones, the sum is enlarged to the image. The paper's network is that on
/// VGG-16 with VggOptions{.pooled_maps = true}; unlike in its code the padding keeps maps aligned, which needs no crops, and all
/// enlargements learn. [N,H,W,C] -> logits [N,H,W,classes] for images of any size. Children: backbone, fc6, fc7, score.0 (the coarsest)
/// ..., up.0 .... Throws OptionError for options out of range and when the backbone has no map of stride `finest` or more.
class Fcn final : public SegmentationNetwork {
 public:
  /// A backbone for 0 classes.
  Fcn(std::unique_ptr<Backbone> backbone, const FcnOptions& options = {});
  Padding padding_of(Extent2 image) const override;

 protected:
  Variable logits_of(const Variable& grown) override;

 private:
  Variable hidden_layers(const Variable& coarsest);

  std::unique_ptr<Backbone> backbone_;
  std::int64_t finest_, coarsest_;  // strides
  std::optional<Conv2d> fc6_, fc7_;
  std::optional<Dropout> drop6_, drop7_;
  ModuleList<Conv2d> score_;
  ModuleList<LearnedUpsample> up_;
};

}  // namespace fovea
