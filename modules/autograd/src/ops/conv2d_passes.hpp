// The three passes of a convolution on tensors: what conv2d, conv_transpose2d and linear have in common.
#pragma once

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/kernels/conv2d.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Throws ShapeError "[op] ..." for settings out of range.
void check_conv2d_geometry(const char* op, const Conv2dGeometry& geometry);

/// x, filter and y have the elements that `shape` says; their own shapes do not matter. Filters and
/// biases have the weights' type beside x (weight_type_of). `bias` may be undefined, `cache` null.
void conv2d_forward(const kernels::Conv2dShape& shape, const Tensor& x, const Tensor& filter, const Tensor& bias, PackedFilterCache* cache,
                    Tensor& y);
void conv2d_backward_data(const kernels::Conv2dShape& shape, const Tensor& dy, const Tensor& filter, Tensor& dx);
void conv2d_backward_filter(const kernels::Conv2dShape& shape, const Tensor& x, const Tensor& dy, Tensor& dfilter);
/// The gradient of a bias: dy [..., channels] summed over all but the last axis; f32 when dy is bf16.
Tensor sum_to_channels(const Tensor& dy, std::int64_t channels);

}  // namespace fovea
