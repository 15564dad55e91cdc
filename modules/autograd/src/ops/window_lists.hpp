// Lists of windows along the two axes of an image, for the kernels that pool over them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/kernels/window_pool2d.hpp"
#include "fovea/tensor/tensor.hpp"
#include "ops/checks.hpp"

namespace fovea {

/// The windows along one axis of `extent` cells, and for every cell the windows that hold it. Begins and ends ascend.
struct AxisWindows {
  std::vector<kernels::AxisRange> windows, holders;

  AxisWindows() = default;
  AxisWindows(std::vector<kernels::AxisRange> list, std::int64_t extent) : windows(std::move(list)) {
    const auto count = static_cast<std::int64_t>(windows.size());
    kernels::AxisRange range{0, 0};
    for (std::int64_t cell = 0; cell < extent; ++cell) {
      while (range.begin < count && windows[static_cast<std::size_t>(range.begin)].end <= cell) ++range.begin;
      while (range.end < count && windows[static_cast<std::size_t>(range.end)].begin <= cell) ++range.end;
      holders.push_back(range);
    }
  }
};

/// The windows of an image.
struct WindowLists {
  AxisWindows rows, columns;

  kernels::WindowPool2dShape shape(const Shape& x) const {
    return {.n = x[0],
            .h = x[1],
            .w = x[2],
            .c = x[3],
            .p = static_cast<std::int64_t>(rows.windows.size()),
            .q = static_cast<std::int64_t>(columns.windows.size()),
            .rows = rows.windows.data(),
            .columns = columns.windows.data(),
            .row_windows = rows.holders.data(),
            .column_windows = columns.holders.data()};
  }
};

/// Images with pixels, fewer than an index can name.
inline void check_images_to_pool(const char* op, const TensorSpec& x) {
  check_activation(op, x);
  check_rank(op, "input", x, 4, "[N,H,W,C]");
  const Shape& shape = x.shape;
  if (shape[1] < 1 || shape[2] < 1) throw ShapeError(std::string("[") + op + "] the images have no pixels: shape " + shape.to_string());
  if (shape[1] > std::numeric_limits<std::int32_t>::max() / shape[2])
    throw ShapeError(std::string("[") + op + "] an image has less than 2^31 pixels, found " + shape.to_string());
}

}  // namespace fovea
