#include "fovea/autograd/ops/slice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

/// A tensor as `outer` runs, `entry_bytes` for each entry of one axis.
struct Runs {
  std::int64_t outer = 1;
  std::size_t entry_bytes;

  Runs(const TensorSpec& spec, int axis) : entry_bytes(size_of(spec.dtype)) {
    for (int i = 0; i < axis; ++i) outer *= spec.shape[i];
    for (int i = axis + 1; i < spec.shape.rank(); ++i) entry_bytes *= static_cast<std::size_t>(spec.shape[i]);
  }
  std::size_t bytes(std::int64_t entries) const { return static_cast<std::size_t>(entries) * entry_bytes; }
};

Shape with_extent(const Shape& shape, int axis, std::int64_t extent) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents[static_cast<std::size_t>(axis)] = extent;
  return Shape(extents);
}

/// The entries [begin, begin + count) of x along an axis.
Tensor entries_of(const Tensor& x, int axis, std::int64_t begin, std::int64_t count) {
  const Shape shape = with_extent(x.shape(), axis, count);
  const Runs runs(x.spec(), axis);
  if (runs.outer == 1) {
    const std::int64_t entry = x.extent(axis) == 0 ? 0 : x.numel() / x.extent(axis);
    return x.reshape({x.extent(axis), entry}).slice(begin, begin + count).reshape(shape);
  }
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  copy_rows(runs.outer, runs.bytes(count), static_cast<const std::byte*>(x.raw_data()) + runs.bytes(begin), runs.bytes(x.extent(axis)),
            static_cast<std::byte*>(y.raw_data()), runs.bytes(count));
  return y;
}

/// Writes `part` to the entries from `begin` on of y.
void put_entries(const Tensor& part, int axis, std::int64_t begin, Tensor& y) {
  const Runs runs(y.spec(), axis);
  const std::size_t bytes = runs.bytes(part.extent(axis));
  copy_rows(runs.outer, bytes, static_cast<const std::byte*>(part.raw_data()), bytes,
            static_cast<std::byte*>(y.raw_data()) + runs.bytes(begin), runs.bytes(y.extent(axis)));
}

class Slice final : public Function {
 public:
  Slice(int axis, std::int64_t begin, std::int64_t end) : axis_(axis), begin_(begin), end_(end) {}
  const char* name() const override { return "slice"; }
  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}, {"begin", begin_}, {"end", end_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const int axis = checked_axis(name(), axis_, in[0].shape.rank());
    if (begin_ < 0 || end_ < begin_ || end_ > in[0].shape[axis])
      throw ShapeError(
          fmt::format("[slice] entries [{}, {}) are not all within axis {} of {}", begin_, end_, axis, in[0].shape.to_string()));
    return {{with_extent(in[0].shape, axis, end_ - begin_), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    axis_ = checked_axis(name(), axis_, in[0].rank());
    shape_ = in[0].shape();
    return {entries_of(in[0], axis_, begin_, end_ - begin_)};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::zeros(shape_, dy[0].dtype());
    put_entries(dy[0], axis_, begin_, dx);
    return {dx};
  }

 private:
  int axis_;
  std::int64_t begin_, end_;
  Shape shape_;
};

class Split final : public Function {
 public:
  Split(int axis, std::span<const std::int64_t> sizes) : axis_(axis), sizes_(sizes.begin(), sizes.end()) {}
  const char* name() const override { return "split"; }
  Attributes attributes() const override { return {{"axis", std::int64_t{axis_}}, {"sizes", sizes_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const int axis = checked_axis(name(), axis_, in[0].shape.rank());
    std::int64_t rest = in[0].shape[axis];
    std::vector<TensorSpec> out;
    for (const std::int64_t size : sizes_) {
      if (size < 0 || size > rest) break;
      rest -= size;
      out.push_back({with_extent(in[0].shape, axis, size), in[0].dtype});
    }
    if (rest != 0 || out.size() != sizes_.size() || out.empty())
      throw ShapeError(
          fmt::format("[split] sizes {{{}}} do not add up to axis {} of {}", fmt::join(sizes_, ","), axis, in[0].shape.to_string()));
    return out;
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    axis_ = checked_axis(name(), axis_, in[0].rank());
    input_ = in[0].spec();
    std::vector<Tensor> parts;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes_) {
      parts.push_back(entries_of(in[0], axis_, begin, size));
      begin += size;
    }
    return parts;
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const bool all = std::ranges::all_of(dy, [](const Tensor& part) { return part.defined(); });
    Tensor dx = all ? Tensor::empty(input_.shape, input_.dtype) : Tensor::zeros(input_.shape, input_.dtype);
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < sizes_.size(); begin += sizes_[i++])
      if (dy[i].defined()) put_entries(dy[i], axis_, begin, dx);
    return {dx};
  }

 private:
  int axis_;
  std::vector<std::int64_t> sizes_;
  TensorSpec input_;
};

}  // namespace

Variable slice(const Variable& x, int axis, std::int64_t begin, std::int64_t end) {
  return apply_one(std::make_unique<Slice>(axis, begin, end), x);
}

std::vector<Variable> split(const Variable& x, int axis, std::span<const std::int64_t> sizes) {
  return fovea::apply(std::make_unique<Split>(axis, sizes), std::span(&x, 1));
}

std::vector<Variable> split_evenly(const Variable& x, int axis, std::int64_t parts) {
  const std::int64_t extent = x.extent(checked_axis("split", axis, x.value().rank()));
  if (parts < 1 || extent % parts != 0)
    throw ShapeError(fmt::format("[split] axis {} of {} cannot be cut into {} equal parts", axis, x.shape().to_string(), parts));
  return split(x, axis, std::vector(static_cast<std::size_t>(parts), extent / parts));
}

}  // namespace fovea
