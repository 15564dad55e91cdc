// Maximum and average over windows of an image.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// x [n,h,w,c], pixels x_pitch apart; y [n,p,q,c], pixels y_pitch apart; gradients likewise.
/// Window (i,j) covers the window_h rows i*stride_h - pad_top + k*dilation_h and the columns likewise, as far as they are inside the image.
struct Pool2dShape {
  std::int64_t n, h, w, c;
  std::int64_t p, q;
  std::int64_t window_h, window_w;
  std::int64_t stride_h, stride_w;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t x_pitch, y_pitch;
  bool count_padding = true;  ///< average: divide by the window with its padding, or by the cells inside the image
  std::int64_t dilation_h = 1, dilation_w = 1;
  /// Rows and columns of padding that count behind the image; windows that reach further (when the number of windows was rounded up) are
  /// smaller by what lies there. As large as can be where no window does.
  std::int64_t pad_bottom = kNoEnd, pad_right = kNoEnd;
  std::int64_t divisor = 0;  ///< average: what sums are divided by; 0 means the cells. 1 gives sums.

  static constexpr std::int64_t kNoEnd = std::int64_t{1} << 60;
};

template <class T>
struct Pool2dKernels {
  /// Cells outside the image count as minus infinity. `argmax`, [n,p,q,c] dense or null, receives the position row * w + column of
  /// the first maximum in scan order (a NaN wins). Every window holds at least one cell of the image.
  void (*max_forward)(Context&, const Pool2dShape&, const T* x, T* y, std::int32_t* argmax);
  /// dx is overwritten: each output gradient goes to its argmax, overlapping windows add up in scan order.
  void (*max_backward)(Context&, const Pool2dShape&, const T* dy, const std::int32_t* argmax, T* dx);
  void (*average_forward)(Context&, const Pool2dShape&, const T* x, T* y);
  void (*average_backward)(Context&, const Pool2dShape&, const T* dy, T* dx);
};

}  // namespace fovea::kernels
