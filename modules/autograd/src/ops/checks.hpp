// What operations ask of their inputs, in one wording.
#pragma once

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// "[op] <input> wants <rank> axes <meaning>, found [..]"
void check_rank(const char* op, const char* input, const TensorSpec& spec, int rank, const char* meaning);
/// Floating type.
void check_floating(const char* op, const TensorSpec& spec);
/// "[op] <input> has type .., expected .. as the first input"
void check_same_dtype(const char* op, const char* input, const TensorSpec& spec, const TensorSpec& first);
/// "[op] <input> has shape .., expected .."
void check_shape(const char* op, const char* input, const TensorSpec& spec, const Shape& expected);

}  // namespace fovea
