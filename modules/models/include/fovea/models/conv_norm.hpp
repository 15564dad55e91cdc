// Convolution, batch norm, activation.
#pragma once

#include <string>

#include "fovea/models/activation_kind.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

struct ConvNormOptions {
  Extent2 kernel = 3;
  Extent2 stride = 1;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  ActivationKind activation = ActivationKind::relu;
  double epsilon = 1e-5;                          ///< of the norm
  const char *conv_name = "0", *norm_name = "1";  ///< of the children
};

/// activation(norm(conv(x))): a convolution without bias that keeps the image's size at stride 1 (padding of half the dilated kernel).
class ConvNorm final : public Layer {
 public:
  ConvNorm(std::int64_t in_channels, std::int64_t out_channels, const ConvNormOptions& options = {});
  Variable forward(const Variable& x) override;

  Conv2d conv;
  BatchNorm2d norm;

 private:
  ActivationKind activation_;
};

}  // namespace fovea
