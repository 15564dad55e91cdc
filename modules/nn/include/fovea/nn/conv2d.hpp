// Convolution layer.
#pragma once

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct Conv2dOptions {
  Extent2 kernel = 3;
  Extent2 stride = 1;
  Padding padding = 0;  ///< may differ on the four sides
  Extent2 dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

/// [N,H,W,C] -> [N,P,Q,K]. Parameters: `weight` [K,R,S,C/groups] (OIHW in files), `bias` [K].
/// First weights: Kaiming normal over the fan-in, biases 0. Throws OptionError when the channels are not divisible by the groups.
///     Conv2d conv{64, 128, {.kernel = 3, .padding = 1}};
class Conv2d final : public Layer {
 public:
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;
  const Conv2dOptions& options() const { return options_; }

  Variable weight, bias;

 private:
  Conv2dOptions options_;
  PackedFilterCache cache_;
};

}  // namespace fovea
