#include "fovea/autograd/ops/prelu.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::Context;

/// The slope of every channel, from one per channel or one for all.
Tensor slopes_of_channels(const Tensor& slope, std::int64_t channels) {
  if (slope.numel() == channels) return slope;
  Tensor expanded = Tensor::empty({channels}, slope.dtype());
  dispatch_floating(slope.dtype(), "prelu", [&]<class T>() { std::fill_n(expanded.mutable_data<T>(), channels, *slope.data<T>()); });
  return expanded;
}

class Prelu final : public Function {
 public:
  const char* name() const override { return "prelu"; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_weight_dtype(name(), "slope", in[1], in[0]);
    if (in[0].shape.rank() < 1) throw ShapeError("[prelu] input wants at least one axis [..., C], found a scalar");
    const Shape& slope = in[1].shape;
    if (slope.rank() != 1 || (slope[0] != 1 && slope[0] != in[0].shape.at(-1)))
      throw ShapeError(fmt::format("[prelu] slope has shape {}, expected [1] or [{}]", slope.to_string(), in[0].shape.at(-1)));
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    channels_ = in[0].extent(-1);
    const Tensor slope = slopes_of_channels(in[1], channels_);
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      using W = kernels::WeightOf<T>;
      kernels_for<T>(y).activation.prelu_forward(Context::current(), rows_of(y), channels_, in[0].data<T>(), slope.data<W>(),
                                                 y.mutable_data<T>());
    });
    if (records()) {
      x_ = SavedTensor(in[0]);
      slope_ = SavedTensor(in[1]);
    }
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &x = x_.get(name()), &given = slope_.get(name());
    const Tensor slope = slopes_of_channels(given, channels_);
    Tensor dx = gradient_like(dy[0]), dslope = Tensor::empty({channels_}, slope.dtype());
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      using W = kernels::WeightOf<T>;
      Context& context = Context::current();
      const auto& kernel = kernels_for<T>(x).activation;
      void* workspace = context.workspace(kernel.prelu_workspace_bytes(rows_of(x), channels_));
      kernel.prelu_backward(context, rows_of(x), channels_, x.data<T>(), slope.data<W>(), dy[0].data<T>(), dx.mutable_data<T>(),
                            dslope.mutable_data<W>(), workspace);
    });
    return {dx, given.numel() == channels_ ? dslope : total(dslope)};
  }

 private:
  std::int64_t rows_of(const Tensor& x) const { return channels_ == 0 ? 0 : x.numel() / channels_; }

  static Tensor total(const Tensor& sums) {
    Tensor result = Tensor::empty({1}, sums.dtype());
    dispatch_floating(sums.dtype(), "prelu", [&]<class T>() {
      double sum = 0;
      for (const T value : sums.span<T>()) sum += value;
      *result.mutable_data<T>() = static_cast<T>(sum);
    });
    return result;
  }

  SavedTensor x_, slope_;
  std::int64_t channels_ = 0;
};

}  // namespace

Variable prelu(const Variable& x, const Variable& slope) { return apply_one(std::make_unique<Prelu>(), x, slope); }

}  // namespace fovea
