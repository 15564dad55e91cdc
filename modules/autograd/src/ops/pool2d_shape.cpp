#include "ops/pool2d_shape.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "ops/checks.hpp"

namespace fovea {

kernels::Pool2dShape pool2d_shape(const Shape& x, const Pool2dGeometry& g, bool count_padding) {
  return {.n = x[0],
          .h = x[1],
          .w = x[2],
          .c = x[3],
          .p = window_positions(x[1], g.window.height, g.stride.height, g.padding.top + g.padding.bottom),
          .q = window_positions(x[2], g.window.width, g.stride.width, g.padding.left + g.padding.right),
          .window_h = g.window.height,
          .window_w = g.window.width,
          .stride_h = g.stride.height,
          .stride_w = g.stride.width,
          .pad_top = g.padding.top,
          .pad_left = g.padding.left,
          .x_pitch = x[3],
          .y_pitch = x[3],
          .count_padding = count_padding};
}

TensorSpec infer_pool2d(const char* op, const TensorSpec& x, const Pool2dGeometry& g) {
  check_activation(op, x);
  check_rank(op, "input", x, 4, "[N,H,W,C]");
  const auto in_range = [](const Extent2& e) {
    return e.height >= 1 && e.height <= kLargestSetting && e.width >= 1 && e.width <= kLargestSetting;
  };
  if (!in_range(g.window) || !in_range(g.stride))
    throw ShapeError(fmt::format("[{}] window and stride are in [1, {}], found window {}x{}, stride {}x{}", op, kLargestSetting,
                                 g.window.height, g.window.width, g.stride.height, g.stride.width));
  const auto fits = [](std::int64_t padding, std::int64_t window) { return padding >= 0 && padding < window; };
  if (!fits(g.padding.top, g.window.height) || !fits(g.padding.bottom, g.window.height) || !fits(g.padding.left, g.window.width) ||
      !fits(g.padding.right, g.window.width))
    throw ShapeError(fmt::format("[{}] padding is at least 0 and less than the window {}x{}, found top {}, bottom {}, left {}, right {}",
                                 op, g.window.height, g.window.width, g.padding.top, g.padding.bottom, g.padding.left, g.padding.right));
  const kernels::Pool2dShape shape = pool2d_shape(x.shape, g, false);
  if (shape.p < 1 || shape.q < 1 || shape.h < 1 || shape.w < 1)
    throw ShapeError(
        fmt::format("[{}] a window of {}x{} does not fit into input {}", op, g.window.height, g.window.width, x.shape.to_string()));
  return {Shape{shape.n, shape.p, shape.q, shape.c}, x.dtype};
}

}  // namespace fovea
