#include "fovea/models/conv_norm.hpp"

#include <utility>

namespace fovea {

ConvNorm::ConvNorm(std::int64_t in_channels, std::int64_t out_channels, const ConvNormOptions& o)
    : conv(in_channels, out_channels,
           {.kernel = o.kernel,
            .stride = o.stride,
            .padding = {o.dilation * (o.kernel.height - 1) / 2, o.dilation * (o.kernel.width - 1) / 2},
            .dilation = o.dilation,
            .groups = o.groups,
            .bias = false}),
      norm(out_channels, {.epsilon = o.epsilon, .relu = o.activation == ActivationKind::relu}),
      activation_(o.activation) {
  register_module(o.conv_name, conv);
  register_module(o.norm_name, norm);
}

Variable ConvNorm::forward(const Variable& x) {
  Variable y = norm(conv(x));
  return activation_ == ActivationKind::relu ? y : activate(std::move(y), activation_);
}

}  // namespace fovea
