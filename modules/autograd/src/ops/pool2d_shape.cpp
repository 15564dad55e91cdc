#include "ops/pool2d_shape.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "ops/checks.hpp"

namespace fovea {

namespace {

/// The first of `positions` windows along an axis that has no cell in [0, extent), or -1. Only dilation makes windows that straddle a small
/// image; they repeat after as many positions as the dilation has cells.
std::int64_t window_without_cells(std::int64_t extent, std::int64_t positions, std::int64_t stride, std::int64_t padding,
                                  std::int64_t dilation) {
  if (extent >= dilation) return -1;
  for (std::int64_t i = 0; i < std::min(positions, dilation); ++i) {
    const std::int64_t begin = i * stride - padding, first = ((begin % dilation) + dilation) % dilation;
    if (std::max(first, begin) >= extent) return i;
  }
  return -1;
}

}  // namespace

kernels::Pool2dShape pool2d_shape(const Shape& x, const Pool2dGeometry& g, bool count_padding, std::int64_t divisor) {
  const auto positions = [&](std::int64_t input, std::int64_t window, std::int64_t stride, std::int64_t before, std::int64_t behind,
                             std::int64_t dilation) {
    return g.ceil_mode ? window_positions_rounded_up(input, window, stride, before, behind, dilation)
                       : window_positions(input, window, stride, before + behind, dilation);
  };
  return {.n = x[0],
          .h = x[1],
          .w = x[2],
          .c = x[3],
          .p = positions(x[1], g.window.height, g.stride.height, g.padding.top, g.padding.bottom, g.dilation.height),
          .q = positions(x[2], g.window.width, g.stride.width, g.padding.left, g.padding.right, g.dilation.width),
          .window_h = g.window.height,
          .window_w = g.window.width,
          .stride_h = g.stride.height,
          .stride_w = g.stride.width,
          .pad_top = g.padding.top,
          .pad_left = g.padding.left,
          .x_pitch = x[3],
          .y_pitch = x[3],
          .count_padding = count_padding,
          .dilation_h = g.dilation.height,
          .dilation_w = g.dilation.width,
          .pad_bottom = g.padding.bottom,
          .pad_right = g.padding.right,
          .divisor = divisor};
}

Attributes attributes_of(const Pool2dGeometry& g) {
  return {{"window", std::vector{g.window.height, g.window.width}},
          {"stride", std::vector{g.stride.height, g.stride.width}},
          {"padding", std::vector{g.padding.top, g.padding.bottom, g.padding.left, g.padding.right}},
          {"dilation", std::vector{g.dilation.height, g.dilation.width}},
          {"ceil_mode", g.ceil_mode}};
}

TensorSpec infer_pool2d(const char* op, const TensorSpec& x, const Pool2dGeometry& g) {
  check_activation(op, x);
  check_rank(op, "input", x, 4, "[N,H,W,C]");
  const auto in_range = [](const Extent2& e) {
    return e.height >= 1 && e.height <= kLargestSetting && e.width >= 1 && e.width <= kLargestSetting;
  };
  if (!in_range(g.window) || !in_range(g.stride) || !in_range(g.dilation))
    throw ShapeError(fmt::format("[{}] window and stride are in [1, {}], found window {}x{}, stride {}x{}, dilation {}x{}", op,
                                 kLargestSetting, g.window.height, g.window.width, g.stride.height, g.stride.width, g.dilation.height,
                                 g.dilation.width));
  const Extent2 span{(g.window.height - 1) * g.dilation.height + 1, (g.window.width - 1) * g.dilation.width + 1};
  if (!in_range(span))
    throw ShapeError(fmt::format("[{}] a window of {}x{} with dilation {}x{} spans more than {}", op, g.window.height, g.window.width,
                                 g.dilation.height, g.dilation.width, kLargestSetting));
  const auto fits = [](std::int64_t padding, std::int64_t window) { return padding >= 0 && padding < window; };
  if (!fits(g.padding.top, span.height) || !fits(g.padding.bottom, span.height) || !fits(g.padding.left, span.width) ||
      !fits(g.padding.right, span.width))
    throw ShapeError(fmt::format("[{}] padding is at least 0 and less than the window {}x{}, found top {}, bottom {}, left {}, right {}",
                                 op, span.height, span.width, g.padding.top, g.padding.bottom, g.padding.left, g.padding.right));
  const kernels::Pool2dShape shape = pool2d_shape(x.shape, g, false);
  if (shape.p < 1 || shape.q < 1 || shape.h < 1 || shape.w < 1)
    throw ShapeError(fmt::format("[{}] a window of {}x{} does not fit into input {}", op, span.height, span.width, x.shape.to_string()));
  if (window_without_cells(shape.h, shape.p, shape.stride_h, shape.pad_top, shape.dilation_h) >= 0 ||
      window_without_cells(shape.w, shape.q, shape.stride_w, shape.pad_left, shape.dilation_w) >= 0)
    throw ShapeError(fmt::format("[{}] a window of {}x{} with dilation {}x{} has no cell inside input {}", op, g.window.height,
                                 g.window.width, g.dilation.height, g.dilation.width, x.shape.to_string()));
  return {Shape{shape.n, shape.p, shape.q, shape.c}, x.dtype};
}

}  // namespace fovea
