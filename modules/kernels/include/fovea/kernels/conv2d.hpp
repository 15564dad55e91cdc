// Convolution (cross-correlation) of image batches, in all three passes. Fully connected layers are the case of 1x1 images.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/activation.hpp"

namespace fovea::kernels {

class Context;

/// What may decide which algorithm computes a pass. Different algorithms round differently.
enum class Conv2dChoice : std::uint8_t {
  by_image,  ///< the geometry of one image: the same bits for any batch size, as inference promises
  by_batch,  ///< the whole shape: training
  direct,    ///< never Winograd's, whose rounding errors are larger
  winograd,  ///< Winograd's wherever it is possible; for tests and measurements
};

/// by_batch in training and by_image otherwise, but direct when the environment variable FOVEA_WINOGRAD is 0. Throws OptionError when it is
/// neither 0 nor 1.
Conv2dChoice conv2d_choice(bool training);

/// Geometry of one convolution. Plain data: filled and checked by the caller.
///   x  [n, h, w, c]          pixels x_pitch elements apart (>= c), rows and images dense in pixels
///   filter [k, r, s, c/groups]  dense; output channel j reads the input channels of group j / (k/groups)
///   y  [n, p, q, k]          pixels y_pitch elements apart (>= k)
///   y[n,i,j,o] = sum over r,s,c of x[n, i*stride_h + r*dilation_h - pad_top, j*stride_w + s*dilation_w - pad_left, c] * filter[o,r,s,c],
///   where pixels outside the image are zero.
/// A gradient has the pitch of its tensor: dy is read with y_pitch, dx written with x_pitch.
struct Conv2dShape {
  std::int64_t n, h, w, c;
  std::int64_t k, r, s;
  std::int64_t p, q;  ///< output height and width
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;  ///< padding below and to the right is implied by p and q
  std::int64_t groups = 1;
  std::int64_t x_pitch, y_pitch;
  Conv2dChoice choice = Conv2dChoice::by_image;
};

enum class Conv2dPass : std::uint8_t { forward, backward_data, backward_filter };

/// The slots of a convolution. All may be called with any extent zero (then sums are empty: outputs are zero or bias).
/// With T = bf16 the f32 filter is rounded to bf16 when it is packed or first read; products of bf16 are exact in f32, sums run in f32 or
/// wider, y and dx are rounded once at the end, and dfilter is f32.
/// The result's bits depend on the shape, the choice and the instruction set: never on threads, and in `forward` and `backward_data`
/// (which inference runs too: a transposed convolution) by_image never on n.
template <class T>
struct Conv2dKernels {
  /// Which implementation runs a pass of this shape ("direct", "depthwise"), for traces and benchmarks. A string literal.
  const char* (*kernel_name)(const Conv2dShape&, Conv2dPass);

  /// Filters are used in a packed form that inference keeps. A blob made for one shape serves every shape with equal
  /// c, k, r, s, groups and equal filter_layout; the layout depends on the algorithm that the forward pass chooses.
  std::uint32_t (*filter_layout)(const Conv2dShape&);
  std::size_t (*packed_filter_bytes)(const Conv2dShape&);
  void (*pack_filter)(Context&, const Conv2dShape&, const WeightOf<T>* filter, void* packed);

  /// Bytes of scratch that a pass in this context wants from its caller, 64-byte aligned.
  std::size_t (*workspace_bytes)(const Context&, const Conv2dShape&, Conv2dPass);

  void (*forward)(Context&, const Conv2dShape&, const T* x, const void* packed, const Epilogue<T>&, T* y, void* workspace);
  /// dx is overwritten.
  void (*backward_data)(Context&, const Conv2dShape&, const T* dy, const WeightOf<T>* filter, T* dx, void* workspace);
  /// dfilter is overwritten; the sum over batch and pixels has a fixed order.
  void (*backward_filter)(Context&, const Conv2dShape&, const T* x, const T* dy, WeightOf<T>* dfilter, void* workspace);
};

}  // namespace fovea::kernels
