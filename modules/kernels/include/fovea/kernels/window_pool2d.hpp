// Maximum and average over windows that are listed along each axis: adaptive and fractional pooling.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// Cells or windows [begin, end) of one axis.
struct AxisRange {
  std::int64_t begin, end;
};

/// x [n,h,w,c], y [n,p,q,c], dense. Window (i,j) covers rows[i] x columns[j], which lie inside the image and are not empty; begins and ends
/// ascend along an axis. Windows may overlap, and cells may be in none.
struct WindowPool2dShape {
  std::int64_t n, h, w, c;
  std::int64_t p, q;
  const AxisRange* rows;            ///< [p] the cells of each window
  const AxisRange* columns;         ///< [q]
  const AxisRange* row_windows;     ///< [h] the windows that hold each cell: for the backward passes, else null
  const AxisRange* column_windows;  ///< [w]
};

template <class T>
struct WindowPool2dKernels {
  /// `argmax`, [n,p,q,c] or null, receives the position row * w + column of the first maximum in scan order (a NaN wins).
  void (*max_forward)(Context&, const WindowPool2dShape&, const T* x, T* y, std::int32_t* argmax);
  /// dx is overwritten: each output gradient goes to its argmax, overlapping windows add up in scan order.
  void (*max_backward)(Context&, const WindowPool2dShape&, const T* dy, const std::int32_t* argmax, T* dx);
  void (*average_forward)(Context&, const WindowPool2dShape&, const T* x, T* y);
  void (*average_backward)(Context&, const WindowPool2dShape&, const T* dy, T* dx);
};

}  // namespace fovea::kernels
