#include "fovea/autograd/ops/gather.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "ops/checks.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

/// Tensors as [outer, entries, inner], with `axis` in the middle. Work is cut by `outer` and runs of `inner`, which are independent of each
/// other; along the axis it goes in order.
struct Lanes {
  std::int64_t outer = 1, inner = 1;

  Lanes() = default;
  Lanes(const Shape& shape, int axis) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }

  /// body(o, begin, end) for all of `outer` and [begin, end) within `inner`.
  template <class Body>
  void for_each(Body body) const {
    constexpr std::int64_t kRun = 64;
    const std::int64_t runs = (inner + kRun - 1) / kRun;
    parallel_blocks(kernels::Context::current().threads(), outer * runs, [&](std::int64_t block) {
      const std::int64_t begin = block % runs * kRun;
      body(block / runs, begin, std::min(inner, begin + kRun));
    });
  }
};

/// `values` of shape `spec` have x's extents but for the axis; the index is i64 of the same shape.
void check_index(const char* op, const TensorSpec& x, int axis, const Tensor& index, const TensorSpec& values, const char* what) {
  if (!index.defined() || index.dtype() != DType::i64)
    throw ShapeError(fmt::format("[{}] wants an index of type i64, found {}", op, index.defined() ? name_of(index.dtype()) : "none"));
  bool fits = index.shape() == values.shape && values.shape.rank() == x.shape.rank();
  for (int i = 0; fits && i < x.shape.rank(); ++i) fits = i == axis || values.shape[i] == x.shape[i];
  if (!fits)
    throw ShapeError(fmt::format("[{}] index {} and {} {} do not fit {} along axis {}", op, index.shape().to_string(), what,
                                 values.shape.to_string(), x.shape.to_string(), axis));
  const std::int64_t extent = x.shape[axis];
  for (const std::int64_t entry : index.span<std::int64_t>())
    if (entry < 0 || entry >= extent)
      throw ShapeError(
          fmt::format("[{}] index {} is not within the {} entries of axis {} of {}", op, entry, extent, axis, x.shape.to_string()));
}

/// y[.., i, ..] = x[.., index[.., i, ..], ..]
Tensor gathered(const char* op, const Tensor& x, int axis, const Tensor& index) {
  Tensor y = Tensor::empty(index.shape(), x.dtype(), x.device());
  const Lanes lanes(x.shape(), axis);
  const std::int64_t extent = x.extent(axis), entries = index.extent(axis);
  const auto* places = index.data<std::int64_t>();
  dispatch_activation(x.dtype(), op, [&]<class T>() {
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    lanes.for_each([&](std::int64_t o, std::int64_t begin, std::int64_t end) {
      for (std::int64_t e = 0; e < entries; ++e)
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t element = (o * entries + e) * lanes.inner + i;
          to[element] = from[(o * extent + places[element]) * lanes.inner + i];
        }
    });
  });
  return y;
}

/// y[.., index[.., i, ..], ..] op= source[.., i, ..] in the order of i.
template <class Operation>
void scatter_to(const char* op, Tensor& y, int axis, const Tensor& index, const Tensor& source, Operation operation) {
  const Lanes lanes(y.shape(), axis);
  const std::int64_t extent = y.extent(axis), entries = index.extent(axis);
  const auto* places = index.data<std::int64_t>();
  dispatch_activation(y.dtype(), op, [&]<class T>() {
    const T* from = source.data<T>();
    T* to = y.mutable_data<T>();
    lanes.for_each([&](std::int64_t o, std::int64_t begin, std::int64_t end) {
      for (std::int64_t e = 0; e < entries; ++e)
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t element = (o * entries + e) * lanes.inner + i;
          T& target = to[(o * extent + places[element]) * lanes.inner + i];
          target = static_cast<T>(operation(target, from[element]));
        }
    });
  });
}

constexpr auto kAdd = [](auto target, auto value) { return target + value; };
constexpr auto kAssign = [](auto, auto value) { return value; };

class Gather final : public Function {
 public:
  Gather(int axis, Tensor index) : axis_(axis), index_(std::move(index)) {}
  const char* name() const override { return "gather"; }
  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    const int axis = checked_axis(name(), axis_, in[0].shape.rank());
    const TensorSpec out{index_.defined() ? index_.shape() : Shape{}, in[0].dtype};
    check_index(name(), in[0], axis, index_, out, "result");
    return {out};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    axis_ = checked_axis(name(), axis_, in[0].rank());
    x_shape_ = in[0].shape();
    saved_ = SavedTensor(index_);
    return {gathered(name(), in[0], axis_, index_)};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::zeros(x_shape_, dy[0].dtype());
    scatter_to(name(), dx, axis_, saved_.get(name()), dy[0], kAdd);
    return {dx};
  }

 private:
  int axis_;
  Tensor index_;
  SavedTensor saved_;
  Shape x_shape_;
};

/// What scatter and scatter_add share: x, source -> x with source in it.
class ScatterFunction : public Function {
 public:
  ScatterFunction(int axis, Tensor index) : axis_(axis), index_(std::move(index)) {}
  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_same_dtype(name(), "the source", in[1], in[0]);
    check_index(name(), in[0], checked_axis(name(), axis_, in[0].shape.rank()), index_, in[1], "source");
    return {in[0]};
  }

 protected:
  int axis_;
  Tensor index_;
  SavedTensor saved_;
};

class ScatterAdd final : public ScatterFunction {
 public:
  using ScatterFunction::ScatterFunction;
  const char* name() const override { return "scatter_add"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    axis_ = checked_axis(name(), axis_, in[0].rank());
    saved_ = SavedTensor(index_);
    Tensor y = in[0].clone();
    scatter_to(name(), y, axis_, index_, in[1], kAdd);
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {dy[0], needs_gradient(1) ? gathered(name(), dy[0], axis_, saved_.get(name())) : Tensor{}};
  }
};

class Scatter final : public ScatterFunction {
 public:
  using ScatterFunction::ScatterFunction;
  const char* name() const override { return "scatter"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    axis_ = checked_axis(name(), axis_, in[0].rank());
    saved_ = SavedTensor(index_);
    Tensor y = in[0].clone();
    scatter_to(name(), y, axis_, index_, in[1], kAssign);
    return {y};
  }

  /// Going back along the axis, an element of dy is the source's that finds it first, and x's where none does.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor index = saved_.get(name());
    Tensor dx = dy[0].clone(), dsource = Tensor::empty(index.shape(), dy[0].dtype());
    const Lanes lanes(dx.shape(), axis_);
    const std::int64_t extent = dx.extent(axis_), entries = index.extent(axis_);
    const auto* places = index.data<std::int64_t>();
    std::vector<std::uint8_t> taken(static_cast<std::size_t>(dx.numel()));
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      T *rest = dx.mutable_data<T>(), *to = dsource.mutable_data<T>();
      lanes.for_each([&](std::int64_t o, std::int64_t begin, std::int64_t end) {
        for (std::int64_t e = entries; e-- > 0;)
          for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t element = (o * entries + e) * lanes.inner + i;
            const std::int64_t place = (o * extent + places[element]) * lanes.inner + i;
            std::uint8_t& found = taken[static_cast<std::size_t>(place)];
            to[element] = found != 0 ? T{0} : rest[place];
            if (found == 0) rest[place] = T{0};
            found = 1;
          }
      });
    });
    return {dx, dsource};
  }
};

}  // namespace

Variable gather(const Variable& x, int axis, const Tensor& index) { return apply_one(std::make_unique<Gather>(axis, index), x); }
Variable scatter_add(const Variable& x, int axis, const Tensor& index, const Variable& source) {
  return apply_one(std::make_unique<ScatterAdd>(axis, index), x, source);
}
Variable scatter(const Variable& x, int axis, const Tensor& index, const Variable& source) {
  return apply_one(std::make_unique<Scatter>(axis, index), x, source);
}

Variable index_select(const Variable& x, int axis, const Tensor& index) {
  const int place = checked_axis("index_select", axis, x.value().rank());
  if (!index.defined() || index.rank() != 1 || index.dtype() != DType::i64)
    throw ShapeError(fmt::format("[index_select] wants an index [K] of type i64, found {}",
                                 index.defined() ? std::string(name_of(index.dtype())) + " " + index.shape().to_string() : "none"));
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end()), steps(extents.size(), 0);
  extents[static_cast<std::size_t>(place)] = index.extent(0);
  steps[static_cast<std::size_t>(place)] = 1;
  return gather(x, place, strided_copy(index, Shape(extents), steps));
}

}  // namespace fovea
