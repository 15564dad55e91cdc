// ShuffleNet V2.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct ShuffleNetV2Options {
  std::int64_t channels = 3;                                     ///< of the input, which may have any size
  std::int64_t classes = 1000;                                   ///< 0: no classifier (Backbone)
  std::vector<std::int64_t> widths = {24, 116, 232, 464, 1024};  ///< of the first convolution, the three stages (even) and the last
};

/// The networks of table 5: a width of 0.5, 1, 1.5 or 2. Throws OptionError for another.
ShuffleNetV2Options shufflenet_v2_options(double width);

/// Ma et al., "ShuffleNet V2: practical guidelines for efficient CNN architecture design", ECCV 2018, figures 3c and 3d, table 5: units
/// that work on half of the channels, keep the other half, and mix both. [N,H,W,C] -> logits [N,classes]. Children conv1, stage2.0 ...,
/// stage3, stage4, conv5, fc, as in torchvision.
class ShuffleNetV2 final : public Backbone {
 public:
  explicit ShuffleNetV2(const ShuffleNetV2Options& options = {});

 protected:
  Variable run_stage(std::size_t stage, const Variable& x) override;
  Variable classify(const Variable& features) override;

 private:
  ConvNorm conv1_;
  std::vector<std::unique_ptr<Sequential>> layers_;
  ConvNorm conv5_;
  std::optional<Linear> fc_;
};

}  // namespace fovea
