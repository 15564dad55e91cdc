// Class indices as targets of rows.
#pragma once

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// `scores` [..., classes] has at least one class.
void check_class_axis(const char* op, const char* input, const TensorSpec& scores);
/// `targets` is i64, of the leading shape of `scores`, and every one in [0, classes) or equal to `ignore_index`. Throws ShapeError.
void check_class_targets(const char* op, const Tensor& targets, const TensorSpec& scores, std::int64_t ignore_index);
/// `weights` [classes] of the scores' type, or undefined.
void check_class_weights(const char* op, const char* input, const Tensor& weights, const TensorSpec& scores);
/// All axes but the last.
Shape leading_shape(const Shape& shape);
/// A copy that nobody else can change; undefined stays undefined.
Tensor private_copy(const Tensor& tensor);

}  // namespace fovea
