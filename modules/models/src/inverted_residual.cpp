#include "fovea/models/inverted_residual.hpp"

#include <utility>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/models/conv_norm.hpp"

namespace fovea {

InvertedResidual::InvertedResidual(const InvertedResidualOptions& o)
    : has_shortcut_(o.stride == 1 && o.in_channels == o.out_channels), drop_(o.drop), stream_(construction_stream()) {
  if (o.expanded != o.in_channels)
    block_.emplace<ConvNorm>(o.in_channels, o.expanded, ConvNormOptions{.kernel = 1, .activation = o.activation, .epsilon = o.epsilon});
  block_.emplace<ConvNorm>(
      o.expanded, o.expanded,
      ConvNormOptions{.kernel = o.kernel, .stride = o.stride, .groups = o.expanded, .activation = o.activation, .epsilon = o.epsilon});
  if (o.squeezed > 0) block_.emplace<SqueezeExcite>(o.expanded, o.squeezed, o.squeeze);
  block_.emplace<ConvNorm>(o.expanded, o.out_channels,
                           ConvNormOptions{.kernel = 1, .activation = ActivationKind::none, .epsilon = o.epsilon});
  register_module("block", block_);
  register_stream("stream", stream_);
}

Variable InvertedResidual::forward(const Variable& x) {
  Variable y = block_(x);
  if (!has_shortcut_) return y;
  if (drop_ > 0 && is_training()) {
    // Stochastic depth (Huang et al. 2016): one factor for each image, 0 or 1 / (1 - drop).
    y = y * dropout(Variable(Tensor::full({x.extent(0), 1, 1, 1}, 1, x.dtype())), drop_, stream_);
  }
  return std::move(y) + x;
}

}  // namespace fovea
