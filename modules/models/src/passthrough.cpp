#include "fovea/models/passthrough.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

Variable reorg(const Variable& x, std::int64_t stride) {
  const std::int64_t n = x.extent(0), h = x.extent(1), w = x.extent(2), c = x.extent(3), deep = c / (stride * stride);
  if (h % stride != 0 || w % stride != 0 || c % (stride * stride) != 0)
    throw ShapeError(fmt::format("[reorg] {} cannot be cut into cells of {}x{}", x.shape().to_string(), stride, stride));
  const Variable cells = reshape(permute(x, {0, 3, 1, 2}), {n, deep, h, stride, w, stride});
  const Variable channels = reshape(permute(cells, {0, 3, 5, 1, 2, 4}), {n, c * stride * stride, h / stride, w / stride});
  return permute(channels, {0, 2, 3, 1});
}

Passthrough::Passthrough(const std::vector<FeatureMapShape>& inputs, const PassthroughOptions& o) {
  if (inputs.size() != 2 || inputs[1].stride != 2 * inputs[0].stride)
    throw OptionError(fmt::format("[passthrough] expected two feature maps, the second twice as coarse, found {}", inputs.size()));
  if (o.channels < 1 || o.finer < 4 || o.finer % 4 != 0)
    throw OptionError(
        fmt::format("[passthrough] expected at least 1 channel and a multiple of 4 finer ones, found {} and {}", o.channels, o.finer));
  register_module("coarse", coarse_);
  register_module("fine", fine_);
  coarse_.emplace<ConvNorm>(inputs[1].channels, o.channels, ConvNormOptions{.activation = o.activation});
  coarse_.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.activation = o.activation});
  fine_.emplace<ConvNorm>(inputs[0].channels, o.finer, ConvNormOptions{.kernel = 1, .activation = o.activation});
  shape_ = {"passthrough", inputs[1].stride, 4 * o.finer + o.channels};
}

FeatureMaps Passthrough::forward(const FeatureMaps& maps) {
  if (maps.size() != 2) throw ShapeError(fmt::format("[passthrough] expected 2 feature maps, found {}", maps.size()));
  return {{shape_, concat({reorg(fine_(maps[0].tensor), 2), coarse_(maps[1].tensor)})}};
}

}  // namespace fovea
