// Transposed convolution layer.
#pragma once

#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct ConvTranspose2dOptions {
  Extent2 kernel = 2;
  Extent2 stride = 2;
  Padding padding = 0;         ///< rows and columns cut off the result; may differ on the four sides
  Extent2 output_padding = 0;  ///< rows and columns added at the bottom and right; less than the stride
  Extent2 dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

/// [N,H,W,C] -> [N,P,Q,K], with the defaults twice as high and wide. Parameters: `weight` [C,R,S,K/groups], which is the filter [K,R,S,C]
/// of the convolution that this is the transpose of (in files [C,K/groups,R,S], torch's IOHW), and `bias` [K]. First weights: normal with
/// variance 2 / (terms of an output), where an output sums R S C / groups / (stride height * width) terms on average; biases 0. Throws
/// OptionError when the channels are not divisible by the groups.
///     ConvTranspose2d up{128, 64};
class ConvTranspose2d final : public Layer {
 public:
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const ConvTranspose2dOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;
  const ConvTranspose2dOptions& options() const { return options_; }

  Variable weight, bias;

 private:
  ConvTranspose2dOptions options_;
};

}  // namespace fovea
