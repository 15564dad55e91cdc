#include "fovea/autograd/ops/channel_shuffle.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

Variable channel_shuffle(const Variable& x, std::int64_t groups) {
  const Shape& shape = x.shape();
  if (shape.rank() < 1 || groups < 1 || shape.at(-1) % groups != 0)
    throw ShapeError(fmt::format("[channel_shuffle] {} groups do not divide the channels of {}", groups, shape.to_string()));
  const std::int64_t channels = shape.at(-1), pixels = channels == 0 ? 0 : shape.numel() / channels;
  const Variable mixed = permute(reshape(x, {pixels, groups, channels / groups}), {0, 2, 1});
  return reshape(mixed, shape);
}

}  // namespace fovea
