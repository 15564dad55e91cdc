// The three passes of a convolution on tensors: what conv2d, conv_transpose2d and linear have in common.
#pragma once

#include <span>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/kernels/conv2d.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Throws ShapeError "[op] ..." for settings out of range.
void check_conv2d_geometry(const char* op, const Conv2dGeometry& geometry);

/// For Function::attributes().
Attributes conv2d_attributes(const Conv2dGeometry& geometry);

/// What the result of [N,H,W,C] x [K,R,S,C/groups] (and a bias [K], when `in` has three) is. Throws ShapeError "[conv2d] ...".
TensorSpec conv2d_result(std::span<const TensorSpec> in, const Conv2dGeometry& geometry);

/// kernels::Epilogue with tensors, which may be undefined.
struct Conv2dEnd {
  Tensor scale = {}, bias = {}, residual = {};
  kernels::Activation activation = kernels::Activation::none;
  double slope = 0;
};

/// x, filter and y have the elements that `shape` says; their own shapes do not matter. Filters, scales and
/// biases have the weights' type beside x (weight_type_of). `cache` may be null.
void conv2d_forward(const kernels::Conv2dShape& shape, const Tensor& x, const Tensor& filter, const Conv2dEnd& end,
                    PackedFilterCache* cache, Tensor& y);
void conv2d_backward_data(const kernels::Conv2dShape& shape, const Tensor& dy, const Tensor& filter, Tensor& dx);
void conv2d_backward_filter(const kernels::Conv2dShape& shape, const Tensor& x, const Tensor& dy, Tensor& dfilter);
/// The gradient of a bias: dy [..., channels] summed over all but the last axis; f32 when dy is bf16.
Tensor sum_to_channels(const Tensor& dy, std::int64_t channels);

}  // namespace fovea
