#include "fovea/autograd/ops/concat.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

class Concat final : public Function {
 public:
  explicit Concat(int axis) : axis_(axis) {}
  const char* name() const override { return "concat"; }

  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    if (in.empty()) throw ShapeError("[concat] wants at least one input");
    const Shape& first = in[0].shape;
    check_activation(name(), in[0]);
    if (first.rank() < 1) throw ShapeError("[concat] wants at least one axis, found a scalar");
    const int axis = checked_axis(name(), axis_, first.rank());
    std::int64_t entries = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Shape& shape = in[i].shape;
      bool fits = shape.rank() == first.rank();
      for (int other = 0; fits && other < first.rank(); ++other) fits = other == axis || shape[other] == first[other];
      if (!fits)
        throw ShapeError(fmt::format("[concat] input {} has shape {}, but all axes except {} are to be as in input 0: {}", i,
                                     shape.to_string(), axis == first.rank() - 1 ? "the last" : std::to_string(axis), first.to_string()));
      check_same_dtype(name(), fmt::format("input {}", i).c_str(), in[i], in[0]);
      entries += shape[axis];
    }
    std::vector<std::int64_t> extents(first.begin(), first.end());
    extents[static_cast<std::size_t>(axis)] = entries;
    return {{Shape(extents), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    axis_ = checked_axis(name(), axis_, out[0].shape.rank());
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    const std::size_t pitch = bytes_per_row(y.spec());
    std::size_t offset = 0;
    for (const Tensor& x : in) {
      const std::size_t bytes = bytes_per_row(x.spec());
      copy_rows(rows_of(x.shape()), bytes, static_cast<const std::byte*>(x.raw_data()), bytes,
                static_cast<std::byte*>(y.raw_data()) + offset, pitch);
      offset += bytes;
      specs_.push_back(x.spec());
    }
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const std::size_t pitch = bytes_per_row(dy[0].spec());
    std::vector<Tensor> gradients(specs_.size());
    std::size_t offset = 0;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      const std::size_t bytes = bytes_per_row(specs_[i]);
      if (needs_gradient(i)) {
        gradients[i] = Tensor::empty(specs_[i].shape, specs_[i].dtype);
        copy_rows(rows_of(specs_[i].shape), bytes, static_cast<const std::byte*>(dy[0].raw_data()) + offset, pitch,
                  static_cast<std::byte*>(gradients[i].raw_data()), bytes);
      }
      offset += bytes;
    }
    return gradients;
  }

 private:
  /// A tensor is rows_of() runs of the axis' entries and all behind it.
  std::size_t bytes_per_row(const TensorSpec& spec) const {
    std::size_t bytes = size_of(spec.dtype);
    for (int axis = axis_; axis < spec.shape.rank(); ++axis) bytes *= static_cast<std::size_t>(spec.shape[axis]);
    return bytes;
  }
  std::int64_t rows_of(const Shape& shape) const {
    std::int64_t rows = 1;
    for (int axis = 0; axis < axis_; ++axis) rows *= shape[axis];
    return rows;
  }

  int axis_;
  std::vector<TensorSpec> specs_;
};

}  // namespace

Variable concat(std::span<const Variable> inputs, int axis) { return fovea::apply(std::make_unique<Concat>(axis), inputs).front(); }

}  // namespace fovea
