#include "pools.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

Variable averaged_to(const char* network, const Variable& x, std::int64_t size) {
  const Extent2 window{x.extent(1) / size, x.extent(2) / size};
  if (x.extent(1) == size && x.extent(2) == size) return x;
  if (window.height < 1 || window.width < 1 || x.extent(1) % size != 0 || x.extent(2) % size != 0)
    throw ShapeError(
        fmt::format("[{}] the last features' sides are multiples of {}, found {}x{}", network, size, x.extent(2), x.extent(1)));
  return average_pool2d(x, {.window = window, .stride = window});
}

Variable max_pool2d_ceil(const Variable& x, std::int64_t window, std::int64_t stride, std::int64_t padding) {
  // Padding counts as minus infinity, so more of it at the end makes room for the last window and changes nothing else.
  const auto at_end = [&](std::int64_t extent) {
    const std::int64_t room = extent + 2 * padding - window, over = room < 0 ? 0 : room % stride;
    return over == 0 ? padding : padding + stride - over;
  };
  return max_pool2d(x, {.window = window, .stride = stride, .padding = {padding, at_end(x.extent(1)), padding, at_end(x.extent(2))}});
}

}  // namespace fovea
