// Convolution of image batches.
#pragma once

#include <cstdint>
#include <mutex>

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea::kernels {
struct Conv2dShape;
}

namespace fovea {

struct Conv2dGeometry {
  Extent2 stride = 1;
  Padding padding = 0;
  Extent2 dilation = 1;
  std::int64_t groups = 1;
};

/// Filters in the form that the kernels read, made once and kept while the filter does not change. One per layer; thread-safe.
class PackedFilterCache {
 public:
  /// The packed form of `filter` for `shape` and inputs of type `activation`.
  Tensor get(const kernels::Conv2dShape& shape, const Tensor& filter, DType activation);

 private:
  std::mutex mutex_;
  Tensor packed_;
  Tensor source_;  // held, so that no other filter can come to lie at its address
  std::uint64_t version_ = 0;
  DType activation_ = DType::f32;
  std::uint32_t layout_ = 0;
};

/// x [N,H,W,C], filter [K,R,S,C/groups], bias [K] or undefined: [N,P,Q,K] with P = 1 + floor((H + top + bottom - dilation (R-1) - 1) /
/// stride). Cross-correlation, as every framework's convolution. With x in bf16, filter and bias are f32 and the result is bf16. `cache` is
/// used when no history is recorded. Throws ShapeError "[conv2d]
/// ..." when channels, groups or sizes do not fit.
Variable conv2d(const Variable& x, const Variable& filter, const Variable& bias = {}, const Conv2dGeometry& geometry = {},
                PackedFilterCache* cache = nullptr);

}  // namespace fovea
