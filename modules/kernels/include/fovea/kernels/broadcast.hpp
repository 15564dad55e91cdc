// A small array along the rows of a large one: gates, offsets and their gradients.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fovea::kernels {

class Context;

/// x and y are [outer, rows, inner], b is [outer, inner], all dense. A gate [N,1,1,C] of a feature map [N,H,W,C] is
/// {N, H * W, C}, a vector of channels {1, N * H * W, C}, a factor per pixel {N * H * W, C, 1}. Any extent may be zero.
struct BroadcastShape {
  std::int64_t outer, rows, inner;
};

template <class T>
struct BroadcastKernels {
  /// y[o,r,i] = x[o,r,i] + b[o,i]; y may be x.
  void (*add)(Context&, const BroadcastShape&, const T* x, const T* b, T* y);
  /// y[o,r,i] = x[o,r,i] * b[o,i]; y may be x.
  void (*multiply)(Context&, const BroadcastShape&, const T* x, const T* b, T* y);
  std::size_t (*sum_workspace_bytes)(const BroadcastShape&);
  /// y[o,i] = sum over r of a[o,r,i] * b[o,r,i], or of a[o,r,i] where b is null, rounded once to T. In a fixed order: the same bits for any
  /// number of threads, and of an entry of `outer` alone or among others.
  void (*sum)(Context&, const BroadcastShape&, const T* a, const T* b, T* y, void* workspace);
};

}  // namespace fovea::kernels
