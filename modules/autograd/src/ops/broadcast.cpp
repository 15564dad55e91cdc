#include "ops/broadcast.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/broadcast.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

using kernels::BroadcastShape, kernels::Context;

/// The extent of `shape` at an axis of a shape of `rank` axes that meets it from the last on.
std::int64_t extent_at(const Shape& shape, int axis, int rank) {
  const int own = axis - (rank - shape.rank());
  return own < 0 ? 1 : shape[own];
}

Tensor sum_rows(const Tensor& a, const Tensor* b, const BroadcastShape& s, const Shape& shape) {
  Tensor y = Tensor::empty(shape, a.dtype(), a.device());
  dispatch_activation(a.dtype(), "sum", [&]<class T>() {
    Context& context = Context::current();
    const auto& kernels = kernels_for<T>(a).broadcast;
    kernels.sum(context, s, a.data<T>(), b == nullptr ? nullptr : b->data<T>(), y.mutable_data<T>(),
                context.workspace(kernels.sum_workspace_bytes(s)));
  });
  return y;
}

class BroadcastTo final : public Function {
 public:
  explicit BroadcastTo(const Shape& shape) : shape_(shape) {}
  const char* name() const override { return "broadcast_to"; }
  Attributes attributes() const override { return {{"shape", std::vector<std::int64_t>(shape_.begin(), shape_.end())}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    if (broadcast_shape(in[0].shape, shape_) != shape_)
      throw ShapeError(fmt::format("[broadcast_to] {} cannot be repeated to {}", in[0].shape.to_string(), shape_.to_string()));
    return {{shape_, in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    x_shape_ = in[0].shape();
    return {repeated(in[0], shape_)};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {summed(dy[0], x_shape_)}; }

 private:
  Shape shape_, x_shape_;
};

/// x [outer, rows, inner] with b [outer, inner].
class RepeatedFunction : public Function {
 public:
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_same_dtype(name(), "the second input", in[1], in[0]);
    return {in[0]};
  }

 protected:
  void keep_shapes(std::span<const Tensor> in) {
    b_shape_ = in[1].shape();
    repetition_ = *as_one_repetition(in[0].shape(), b_shape_);
  }

  Shape b_shape_;
  BroadcastShape repetition_{};
};

class AddRepeated final : public RepeatedFunction {
 public:
  const char* name() const override { return "broadcast_add"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    keep_shapes(in);
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).broadcast.add(Context::current(), repetition_, in[0].data<T>(), in[1].data<T>(), y.mutable_data<T>());
    });
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {dy[0], needs_gradient(1) ? sum_rows(dy[0], nullptr, repetition_, b_shape_) : Tensor{}};
  }
};

class MultiplyRepeated final : public RepeatedFunction {
 public:
  const char* name() const override { return "broadcast_multiply"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    keep_shapes(in);
    if (needs_gradient(1)) x_ = SavedTensor(in[0]);
    if (needs_gradient(0)) b_ = SavedTensor(in[1]);
    return {product(in[0], in[1])};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx, db;
    if (needs_gradient(1)) {
      const Tensor x = take(x_);
      db = sum_rows(dy[0], &x, repetition_, b_shape_);
    }
    if (needs_gradient(0)) dx = product(dy[0], b_.get(name()));
    return {dx, db};
  }

 private:
  Tensor product(const Tensor& x, const Tensor& b) const {
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).broadcast.multiply(Context::current(), repetition_, x.data<T>(), b.data<T>(), y.mutable_data<T>());
    });
    return y;
  }

  SavedTensor x_, b_;
};

}  // namespace

std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> extents;
  for (int axis = 0; axis < rank; ++axis) {
    const std::int64_t left = extent_at(a, axis, rank), right = extent_at(b, axis, rank);
    if (left != right && left != 1 && right != 1) return std::nullopt;
    extents.push_back(left == 1 ? right : left);
  }
  return Shape(extents);
}

std::optional<BroadcastShape> as_one_repetition(const Shape& x, const Shape& b) {
  BroadcastShape s{1, 1, 1};
  enum { outer, rows, inner } part = outer;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t extent = x[axis];
    if (extent == 1) continue;
    const bool is_repeated = extent_at(b, axis, x.rank()) == 1;
    if (is_repeated && part == inner) return std::nullopt;
    if (is_repeated) part = rows;
    if (!is_repeated && part == rows) part = inner;
    (part == outer ? s.outer : part == rows ? s.rows : s.inner) *= extent;
  }
  return s;
}

Tensor repeated(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const std::vector<std::int64_t> dense = dense_steps(x.shape());
  std::vector<std::int64_t> steps(static_cast<std::size_t>(shape.rank()), 0);
  for (int axis = shape.rank() - x.rank(); axis < shape.rank(); ++axis) {
    const int own = axis - (shape.rank() - x.rank());
    if (x.extent(own) == shape[axis]) steps[static_cast<std::size_t>(axis)] = dense[static_cast<std::size_t>(own)];
  }
  return strided_copy(x, shape, steps);
}

Tensor summed(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (const auto repetition = as_one_repetition(x.shape(), shape)) return sum_rows(x, nullptr, *repetition, shape);
  // The last run of neighbouring axes first: what is left has one run less.
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  bool found = false;
  for (int axis = x.rank(); axis-- > 0;) {
    const bool is_repeated = extent_at(shape, axis, x.rank()) == 1 && x.extent(axis) != 1;
    if (found && !is_repeated && x.extent(axis) != 1) break;
    if (is_repeated) extents[static_cast<std::size_t>(axis)] = 1;
    found = found || is_repeated;
  }
  return summed(summed(x, Shape(extents)), shape);
}

Variable broadcast_to(const Variable& x, const Shape& shape) { return apply_one(std::make_unique<BroadcastTo>(shape), x); }
Variable add_repeated(const Variable& x, const Variable& b) { return apply_one(std::make_unique<AddRepeated>(), x, b); }
Variable multiply_repeated(const Variable& x, const Variable& b) { return apply_one(std::make_unique<MultiplyRepeated>(), x, b); }

}  // namespace fovea
