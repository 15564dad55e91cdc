// The pair of convolutions that U-Nets are made of.
#pragma once

#include <memory>

#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct DoubleConvOptions {
  enum class Norm : std::uint8_t {
    none,   ///< the convolutions have biases instead
    batch,  ///< over the batch
    group,  ///< over 16 groups of channels of each image, or fewer that divide the channels: for batches of few large images
  };
  Norm norm = Norm::batch;
  bool padded = true;  ///< keeps the image's size; else the result is 4 pixels smaller on each axis
};

/// Two times 3x3 convolution, norm and ReLU: [N,H,W,C] -> [N,H,W,K], or [N,H-4,W-4,K]. Children, numbered as in a row of six layers: 0 and
/// 3 the convolutions, 1 and 4 the norms; without norms 0 and 2.
class DoubleConv final : public Layer {
 public:
  DoubleConv(std::int64_t in_channels, std::int64_t out_channels, const DoubleConvOptions& options = {});
  Variable forward(const Variable& x) override;

 private:
  DoubleConvOptions::Norm norm_;
  Conv2d conv1_, conv2_;
  std::unique_ptr<Layer> norm1_, norm2_;  // null without norms
};

}  // namespace fovea
