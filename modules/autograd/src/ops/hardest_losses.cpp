#include "fovea/autograd/ops/hardest_losses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

class HardestLosses final : public Function {
 public:
  explicit HardestLosses(const HardestLossesOptions& options) : options_(options), reduction_(options.reduction) {}
  const char* name() const override { return "hardest_losses"; }
  Attributes attributes() const override {
    return {{"reduction", std::string(name_of(options_.reduction))},
            {"keep", options_.keep},
            {"keep_fraction", options_.keep_fraction},
            {"threshold", options_.threshold}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    return {{options_.reduction == Reduction::none ? in[0].shape : Shape{}, in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    input_ = in[0].spec();
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T* const losses = in[0].data<T>();
      choose(losses, in[0].numel());
      return {reduction_.forward<T>(out[0], in[0].numel(), 1, [&](std::int64_t i) {
        return kept_[static_cast<std::size_t>(i)] ? RowLoss{losses[i], 1} : RowLoss{0, 0};
      })};
    });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor gradient = Tensor::empty(input_.shape, input_.dtype);
    dispatch_floating(input_.dtype, name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      T* const out = gradient.mutable_data<T>();
      for (std::int64_t i = 0; i < gradient.numel(); ++i) out[i] = kept_[static_cast<std::size_t>(i)] ? scale(i) : T{0};
    });
    return {gradient};
  }

 private:
  template <class T>
  void choose(const T* losses, std::int64_t count) {
    const auto share = static_cast<std::int64_t>(std::ceil(options_.keep_fraction * static_cast<double>(count)));
    const std::int64_t most = std::min(count, std::max(options_.keep, share));
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    // A loss that is not a number is the hardest of all: it must be seen.
    const auto key = [&](std::int64_t i) { return std::isnan(losses[i]) ? std::numeric_limits<T>::infinity() : losses[i]; };
    std::nth_element(order.begin(), order.begin() + most, order.end(),
                     [&](std::int64_t a, std::int64_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
    kept_.assign(order.size(), false);
    for (std::int64_t i = 0; i < most; ++i) kept_[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
    for (std::int64_t i = 0; i < count; ++i)
      if (losses[i] >= options_.threshold) kept_[static_cast<std::size_t>(i)] = true;
  }

  HardestLossesOptions options_;
  RowReduction reduction_;
  TensorSpec input_;
  std::vector<bool> kept_;
};

}  // namespace

Variable hardest_losses(const Variable& losses, const HardestLossesOptions& options) {
  if (options.keep < 0) throw OptionError(fmt::format("[hardest_losses] keep is at least 0, found {}", options.keep));
  if (!(options.keep_fraction >= 0 && options.keep_fraction <= 1))
    throw OptionError(fmt::format("[hardest_losses] the kept share is in [0, 1], found {}", options.keep_fraction));
  if (std::isnan(options.threshold)) throw OptionError("[hardest_losses] the threshold is not a number");
  if (options.keep == 0 && options.keep_fraction == 0 && std::isinf(options.threshold))
    throw OptionError("[hardest_losses] wants a number, a share or a threshold of losses to keep");
  return apply_one(std::make_unique<HardestLosses>(options), losses);
}

}  // namespace fovea
