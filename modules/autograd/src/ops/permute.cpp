#include "fovea/autograd/ops/permute.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

namespace {

Tensor permuted(const Tensor& x, const std::vector<int>& axes) {
  const std::vector<std::int64_t> dense = dense_steps(x.shape());
  std::vector<std::int64_t> extents, steps;
  for (const int axis : axes) {
    extents.push_back(x.extent(axis));
    steps.push_back(dense[static_cast<std::size_t>(axis)]);
  }
  return strided_copy(x, Shape(extents), steps);
}

class Permute final : public Function {
 public:
  explicit Permute(std::span<const int> axes) : axes_(axes.begin(), axes.end()) {}
  const char* name() const override { return "permute"; }
  Attributes attributes() const override { return {{"axes", std::vector<std::int64_t>(axes_.begin(), axes_.end())}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const Shape& shape = in[0].shape;
    std::vector<std::int64_t> extents;
    std::vector<bool> seen(static_cast<std::size_t>(shape.rank()));
    for (const int named : axes_) {
      const auto axis = static_cast<std::size_t>(checked_axis(name(), named, shape.rank()));
      if (!seen[axis]) extents.push_back(shape[static_cast<int>(axis)]);
      seen[axis] = true;
    }
    if (extents.size() != seen.size() || axes_.size() != seen.size())
      throw ShapeError(fmt::format("[permute] wants each axis of {} once, found {{{}}}", shape.to_string(), fmt::join(axes_, ",")));
    return {{Shape(extents), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    for (int& axis : axes_) axis = checked_axis(name(), axis, in[0].rank());
    return {permuted(in[0], axes_)};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    std::vector<int> inverse(axes_.size());
    for (std::size_t i = 0; i < axes_.size(); ++i) inverse[static_cast<std::size_t>(axes_[i])] = static_cast<int>(i);
    return {permuted(dy[0], inverse)};
  }

 private:
  std::vector<int> axes_;
};

}  // namespace

Variable permute(const Variable& x, std::span<const int> axes) { return apply_one(std::make_unique<Permute>(axes), x); }

Variable transpose(const Variable& x, int a, int b) {
  const int rank = x.value().rank();
  std::vector<int> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[static_cast<std::size_t>(checked_axis("transpose", a, rank))],
            axes[static_cast<std::size_t>(checked_axis("transpose", b, rank))]);
  return permute(x, axes);
}

}  // namespace fovea
