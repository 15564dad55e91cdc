#include "fovea/autograd/ops/l2_normalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

/// Calls body(first element) for every row of `channels`, in parallel.
template <class Body>
void for_rows(const Tensor& x, std::int64_t channels, Body body) {
  if (channels == 0) return;
  const std::int64_t rows_per_block = std::max<std::int64_t>(1, 16384 / channels);
  parallel_for(kernels::Context::current().threads(), x.numel() / channels, rows_per_block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row * channels);
  });
}

/// Sum of a[c] b[c], in double.
template <class T>
double dot(const T* a, const T* b, std::int64_t channels) {
  double sum = 0;
  for (std::int64_t c = 0; c < channels; ++c) sum += static_cast<double>(a[c]) * static_cast<double>(b[c]);
  return sum;
}

class L2Normalize final : public Function {
 public:
  explicit L2Normalize(double epsilon) : epsilon_(epsilon) {}
  const char* name() const override { return "l2_normalize"; }
  Attributes attributes() const override { return {{"epsilon", epsilon_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    if (in[0].shape.rank() < 1) throw ShapeError("[l2_normalize] input wants at least one axis [..., C], found a scalar");
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const std::int64_t channels = in[0].extent(-1);
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      for_rows(y, channels, [&](std::int64_t start) {
        const T* x = in[0].data<T>() + start;
        const double inverse = 1 / std::max(std::sqrt(dot(x, x, channels)), epsilon_);
        for (std::int64_t c = 0; c < channels; ++c) y.mutable_data<T>()[start + c] = static_cast<T>(x[c] * inverse);
      });
    });
    if (records()) x_ = SavedTensor(in[0]);
    return {y};
  }

  // y = x / l: dx = (dy - y (y . dy)) / l; where l is epsilon it is a constant, and dx = dy / epsilon.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& saved = x_.get(name());
    const std::int64_t channels = saved.extent(-1);
    Tensor dx = gradient_like(dy[0]);
    dispatch_floating(saved.dtype(), name(), [&]<class T>() {
      for_rows(saved, channels, [&](std::int64_t start) {
        const T *x = saved.data<T>() + start, *gradient = dy[0].data<T>() + start;
        const double length = std::sqrt(dot(x, x, channels)), inverse = 1 / std::max(length, epsilon_);
        const double along = length > epsilon_ ? dot(x, gradient, channels) * inverse * inverse : 0;
        for (std::int64_t c = 0; c < channels; ++c)
          dx.mutable_data<T>()[start + c] = static_cast<T>((gradient[c] - x[c] * along) * inverse);
      });
    });
    return {dx};
  }

 private:
  double epsilon_;
  SavedTensor x_;
};

}  // namespace

Variable l2_normalize(const Variable& x, double epsilon) {
  if (!(epsilon > 0) || !std::isfinite(epsilon))
    throw OptionError(fmt::format("[l2_normalize] epsilon is greater than 0, found {}", epsilon));
  return apply_one(std::make_unique<L2Normalize>(epsilon), x);
}

}  // namespace fovea
