#include "ops/checks.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

void check_rank(const char* op, const char* input, const TensorSpec& spec, int rank, const char* meaning) {
  if (spec.shape.rank() != rank)
    throw ShapeError(fmt::format("[{}] {} wants {} axes {}, found {}", op, input, rank, meaning, spec.shape.to_string()));
}

void check_floating(const char* op, const TensorSpec& spec) {
  if (spec.dtype == DType::bf16)
    throw ShapeError(fmt::format("[{}] is computed in f32 or f64, found bf16: convert the input with cast()", op));
  if (!is_floating(spec.dtype)) throw ShapeError(fmt::format("[{}] wants f32 or f64, found {}", op, name_of(spec.dtype)));
}

void check_activation(const char* op, const TensorSpec& spec) {
  if (!is_floating(spec.dtype)) throw ShapeError(fmt::format("[{}] wants f32, f64 or bf16, found {}", op, name_of(spec.dtype)));
}

void check_weight_dtype(const char* op, const char* parameter, const TensorSpec& spec, const TensorSpec& first) {
  const DType wanted = weight_type_of(first.dtype);
  if (spec.dtype == wanted) return;
  if (wanted == first.dtype) return check_same_dtype(op, parameter, spec, first);
  throw ShapeError(fmt::format("[{}] {} has type {}, expected {} beside an input in {}", op, parameter, name_of(spec.dtype),
                               name_of(wanted), name_of(first.dtype)));
}

void check_same_dtype(const char* op, const char* input, const TensorSpec& spec, const TensorSpec& first) {
  if (spec.dtype != first.dtype)
    throw ShapeError(
        fmt::format("[{}] {} has type {}, expected {} as the first input", op, input, name_of(spec.dtype), name_of(first.dtype)));
}

void check_shape(const char* op, const char* input, const TensorSpec& spec, const Shape& expected) {
  if (spec.shape != expected)
    throw ShapeError(fmt::format("[{}] {} has shape {}, expected {}", op, input, spec.shape.to_string(), expected.to_string()));
}

}  // namespace fovea
