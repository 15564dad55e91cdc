// DenseNet.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct DenseNetOptions {
  std::int64_t channels = 3;                           ///< of the input, whose sides are at least 29 pixels
  std::int64_t classes = 1000;                         ///< 0: no classifier (Backbone)
  std::int64_t growth = 32;                            ///< channels that each layer adds
  std::int64_t stem = 64;                              ///< filters of the first convolution
  std::vector<std::int64_t> blocks = {6, 12, 24, 16};  ///< layers of the dense blocks
  double dropout = 0;                                  ///< after each layer
};

/// The networks of table 1: a depth of 121, 161, 169 or 201. Throws OptionError for another.
DenseNetOptions densenet_options(int depth);

/// Huang et al., "Densely connected convolutional networks", CVPR 2017, section 3: every layer of a block (norm, ReLU, 1x1 to 4 growth
/// channels, norm, ReLU, 3x3) reads the channels of all before it; between blocks a 1x1 convolution halves the channels and a mean of 2x2
/// the image (DenseNet-BC, theta 0.5). [N,H,W,C] -> logits [N,classes]. Children features.conv0, .norm0, .denseblock1.denselayer1.norm1,
/// ..., .transition1.norm, ..., .norm5 and classifier, as in torchvision. Feature maps: the blocks' concatenations, the last one after norm
/// and ReLU.
class DenseNet final : public Backbone {
 public:
  explicit DenseNet(const DenseNetOptions& options = {});

 protected:
  Variable run_stage(std::size_t stage, const Variable& x) override;
  Variable classify(const Variable& features) override;

 private:
  Sequential features_;
  std::vector<std::size_t> ends_;  // of the stages in features_
  std::optional<Linear> classifier_;
};

}  // namespace fovea
