#include "ops/class_targets.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "ops/checks.hpp"

namespace fovea {

void check_class_axis(const char* op, const char* input, const TensorSpec& scores) {
  check_floating(op, scores);
  if (scores.shape.rank() < 1 || scores.shape.at(-1) < 1)
    throw ShapeError(fmt::format("[{}] {} want a last axis of at least one class, found {}", op, input, scores.shape.to_string()));
}

void check_class_targets(const char* op, const Tensor& targets, const TensorSpec& scores, std::int64_t ignore_index) {
  if (!targets.defined()) throw ShapeError(fmt::format("[{}] the targets are undefined", op));
  if (targets.dtype() != DType::i64) throw ShapeError(fmt::format("[{}] targets are i64, found {}", op, name_of(targets.dtype())));
  check_shape(op, "targets", targets.spec(), leading_shape(scores.shape));
  const std::int64_t classes = scores.shape.at(-1);
  for (const std::int64_t target : targets.span<std::int64_t>())
    if (target != ignore_index && (target < 0 || target >= classes))
      throw ShapeError(fmt::format("[{}] target {} is outside [0, {})", op, target, classes));
}

void check_class_weights(const char* op, const char* input, const Tensor& weights, const TensorSpec& scores) {
  if (!weights.defined()) return;
  check_shape(op, input, weights.spec(), Shape{scores.shape.at(-1)});
  check_same_dtype(op, input, weights.spec(), scores);
}

Shape leading_shape(const Shape& shape) { return Shape(shape.extents().first(static_cast<std::size_t>(shape.rank() - 1))); }

Tensor private_copy(const Tensor& tensor) { return tensor.defined() ? tensor.clone() : Tensor{}; }

}  // namespace fovea
