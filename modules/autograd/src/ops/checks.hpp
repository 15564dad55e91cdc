// What operations ask of their inputs, in one wording.
#pragma once

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// "[op] <input> wants <rank> axes <meaning>, found [..]"
void check_rank(const char* op, const char* input, const TensorSpec& spec, int rank, const char* meaning);
/// f32 or f64: what losses are computed in.
void check_floating(const char* op, const TensorSpec& spec);
/// f32, f64 or bf16: what activations are made of.
void check_activation(const char* op, const TensorSpec& spec);
/// "[op] <parameter> has type .., expected ..": the type of weights beside activations like the first input (weight_type_of).
void check_weight_dtype(const char* op, const char* parameter, const TensorSpec& spec, const TensorSpec& first);
/// "[op] <input> has type .., expected .. as the first input"
void check_same_dtype(const char* op, const char* input, const TensorSpec& spec, const TensorSpec& first);
/// "[op] <input> has shape .., expected .."
void check_shape(const char* op, const char* input, const TensorSpec& spec, const Shape& expected);

}  // namespace fovea
