#include "fovea/autograd/ops/maxout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kResultsPerBlock = 8192;

class Maxout final : public Function {
 public:
  explicit Maxout(std::int64_t k) : k_(k) {}
  const char* name() const override { return "maxout"; }
  Attributes attributes() const override { return {{"k", k_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    const Shape& x = in[0].shape;
    if (x.rank() < 1 || x.at(-1) % k_ != 0)
      throw ShapeError(fmt::format("[maxout] wants a last axis that {} divides, found {}", k_, x.to_string()));
    std::vector<std::int64_t> extents(x.begin(), x.end());
    extents.back() /= k_;
    return {{Shape(extents), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const T* x = in[0].data<T>();
      T* to = y.mutable_data<T>();
      for_results(y.numel(), [&](std::int64_t i) { to[i] = x[i * k_ + place(x + i * k_)]; });
    });
    if (records()) x_ = SavedTensor(in[0]);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& saved = x_.get(name());
    Tensor dx = Tensor::empty(saved.shape(), saved.dtype());
    dispatch_floating(saved.dtype(), name(), [&]<class T>() {
      const T *x = saved.data<T>(), *gradient = dy[0].data<T>();
      T* to = dx.mutable_data<T>();
      for_results(dy[0].numel(), [&](std::int64_t i) {
        std::fill_n(to + i * k_, k_, T{0});
        to[i * k_ + place(x + i * k_)] = gradient[i];
      });
    });
    return {dx};
  }

 private:
  /// Of the first largest, or the first NaN, of k values.
  template <class T>
  std::int64_t place(const T* values) const {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < k_; ++i)
      if (!(values[i] <= values[best]) && values[best] == values[best]) best = i;
    return best;
  }

  template <class Body>
  static void for_results(std::int64_t count, Body body) {
    parallel_for(kernels::Context::current().threads(), count, kResultsPerBlock, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) body(i);
    });
  }

  std::int64_t k_;
  SavedTensor x_;
};

}  // namespace

Variable maxout(const Variable& x, std::int64_t k) {
  if (k < 1) throw OptionError(fmt::format("[maxout] k is at least 1, found {}", k));
  return apply_one(std::make_unique<Maxout>(k), x);
}

}  // namespace fovea
