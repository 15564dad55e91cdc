// Pooling with settings that several networks share.
#pragma once

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/variable.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N,size,size,C], the identity for images of that size. Throws ShapeError "[network] ..." unless both sides are multiples
/// of `size`.
Variable averaged_to(const char* network, const Variable& x, std::int64_t size);

/// The maximum of windows, where a last window that only begins inside the image counts (Caffe's rounding, torch's ceil_mode).
Variable max_pool2d_ceil(const Variable& x, std::int64_t window, std::int64_t stride, std::int64_t padding = 0);

class MaxPool2dCeil final : public Layer {
 public:
  MaxPool2dCeil(std::int64_t window, std::int64_t stride) : window_(window), stride_(stride) {}
  Variable forward(const Variable& x) override { return max_pool2d_ceil(x, window_, stride_); }

 private:
  std::int64_t window_, stride_;
};

}  // namespace fovea
