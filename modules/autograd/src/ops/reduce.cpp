#include "fovea/autograd/ops/reduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "ops/broadcast.hpp"
#include "ops/checks.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

/// The shape with `axes` of one entry.
Shape reduced_shape(const char* op, const Shape& shape, std::span<const int> axes) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  std::vector<bool> seen(extents.size());
  for (const int axis : axes) {
    const auto place = static_cast<std::size_t>(checked_axis(op, axis, shape.rank()));
    if (seen[place]) throw ShapeError(fmt::format("[{}] axis {} of {} is named twice", op, place, shape.to_string()));
    seen[place] = true;
    extents[place] = 1;
  }
  return Shape(extents);
}

Variable without_axes(const char* op, const Variable& x, std::span<const int> axes) {
  std::vector<bool> dropped(static_cast<std::size_t>(x.shape().rank()));
  for (const int axis : axes) dropped[static_cast<std::size_t>(checked_axis(op, axis, x.shape().rank()))] = true;
  std::vector<std::int64_t> extents;
  for (int axis = 0; axis < x.shape().rank(); ++axis)
    if (!dropped[static_cast<std::size_t>(axis)]) extents.push_back(x.extent(axis));
  return reshape(x, Shape(extents));
}

class SumOver final : public Function {
 public:
  explicit SumOver(std::span<const int> axes) : axes_(axes.begin(), axes.end()) {}
  const char* name() const override { return "sum_over"; }
  Attributes attributes() const override { return {{"axes", std::vector<std::int64_t>(axes_.begin(), axes_.end())}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    return {{reduced_shape(name(), in[0].shape, axes_), in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    x_shape_ = in[0].shape();
    return {summed(in[0], out[0].shape)};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {repeated(dy[0], x_shape_)}; }

 private:
  std::vector<int> axes_;
  Shape x_shape_;
};

class MaxOver final : public Function {
 public:
  explicit MaxOver(int axis) : axis_(axis) {}
  const char* name() const override { return "max_over"; }
  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    const int axis = checked_axis(name(), axis_, in[0].shape.rank());
    if (in[0].shape[axis] < 1) throw ShapeError(fmt::format("[max_over] axis {} of {} has no entries", axis, in[0].shape.to_string()));
    return {{reduced_shape(name(), in[0].shape, std::span(&axis_, 1)), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& x = in[0];
    axis_ = checked_axis(name(), axis_, x.rank());
    x_shape_ = x.shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    places_ = Tensor::empty(out[0].shape, DType::i64);
    dispatch_floating(x.dtype(), name(), [&]<class T>() {
      const T* from = x.data<T>();
      T* to = y.mutable_data<T>();
      auto* places = places_.mutable_data<std::int64_t>();
      for_each_result(y.numel(), [&](std::int64_t i, std::int64_t first, std::int64_t step) {
        std::int64_t best = first;
        for (std::int64_t e = 1, place = first + step; e < x_shape_[axis_]; ++e, place += step)
          if (from[place] > from[best] || (std::isnan(from[place]) && !std::isnan(from[best]))) best = place;
        to[i] = from[best];
        places[i] = best;
      });
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::zeros(x_shape_, dy[0].dtype());
    dispatch_floating(dx.dtype(), name(), [&]<class T>() {
      const T* from = dy[0].data<T>();
      T* to = dx.mutable_data<T>();
      const auto* places = places_.data<std::int64_t>();
      for (std::int64_t i = 0; i < dy[0].numel(); ++i) to[places[i]] = from[i];
    });
    return {dx};
  }

 private:
  /// body(result, its first element of x, elements from one to the next)
  template <class Body>
  void for_each_result(std::int64_t count, Body body) const {
    std::int64_t inner = 1;
    for (int axis = axis_ + 1; axis < x_shape_.rank(); ++axis) inner *= x_shape_[axis];
    const std::int64_t extent = x_shape_[axis_], grain = std::max<std::int64_t>(1, 16384 / extent);
    parallel_for(kernels::Context::current().threads(), count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) body(i, i / inner * extent * inner + i % inner, inner);
    });
  }

  int axis_;
  Shape x_shape_;
  Tensor places_;  // of this function alone: nobody else can change it
};

}  // namespace

Variable sum_over(const Variable& x, std::span<const int> axes, bool keep) {
  const Variable y = apply_one(std::make_unique<SumOver>(axes), x);
  return keep ? y : without_axes("sum_over", y, axes);
}

Variable mean_over(const Variable& x, std::span<const int> axes, bool keep) {
  std::int64_t terms = 1;
  for (const int axis : axes) terms *= x.extent(checked_axis("mean_over", axis, x.value().rank()));
  if (terms == 0) throw ShapeError("[mean_over] of no elements: shape " + x.shape().to_string());
  return affine(sum_over(x, axes, keep), 1.0 / static_cast<double>(terms));
}

Variable max_over(const Variable& x, int axis, bool keep) {
  const Variable y = apply_one(std::make_unique<MaxOver>(axis), x);
  return keep ? y : without_axes("max_over", y, std::span(&axis, 1));
}

}  // namespace fovea
