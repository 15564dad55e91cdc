#include "fovea/autograd/ops/triplet_loss.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

class TripletLoss final : public Function {
 public:
  explicit TripletLoss(const TripletLossOptions& options)
      : margin_(options.margin), epsilon_(options.epsilon), reduction_(options.reduction) {}
  const char* name() const override { return "triplet_loss"; }
  Attributes attributes() const override {
    return {{"reduction", std::string(name_of(reduction_.kind()))}, {"margin", margin_}, {"epsilon", epsilon_}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    check_rank(name(), "the anchors", in[0], 2, "[N,D]");
    const char* const names[] = {"", "the positives", "the negatives"};
    for (const std::size_t i : {1, 2}) {
      check_same_dtype(name(), names[i], in[i], in[0]);
      check_shape(name(), names[i], in[i], in[0].shape);
    }
    return {{reduction_.kind() == Reduction::none ? Shape{in[0].shape[0]} : Shape{}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records())
      for (std::size_t i = 0; i < 3; ++i) saved_[i] = SavedTensor(in[i]);
    const std::int64_t width = in[0].extent(1);
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T *a = in[0].data<T>(), *p = in[1].data<T>(), *n = in[2].data<T>();
      return {reduction_.forward<T>(out[0], in[0].extent(0), width, [&](std::int64_t row) {
        const std::int64_t at = row * width;
        return RowLoss{std::max(0.0, distance(a + at, p + at, width) - distance(a + at, n + at, width) + margin_), 1};
      })};
    });
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &anchor = saved_[0].get(name()), &positive = saved_[1].get(name()), &negative = saved_[2].get(name());
    std::vector<Tensor> gradients;
    for (int i = 0; i < 3; ++i) gradients.push_back(Tensor::zeros(anchor.shape(), anchor.dtype()));
    const std::int64_t width = anchor.extent(1);
    dispatch_floating(anchor.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      const T *a = anchor.data<T>(), *p = positive.data<T>(), *n = negative.data<T>();
      T *da = gradients[0].mutable_data<T>(), *dp = gradients[1].mutable_data<T>(), *dn = gradients[2].mutable_data<T>();
      for_loss_rows(anchor.extent(0), width, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t at = row * width;
          const double near = distance(a + at, p + at, width), far = distance(a + at, n + at, width);
          if (!(near - far + margin_ > 0)) continue;
          for (std::int64_t i = at; i < at + width; ++i) {
            const double to_positive = near > 0 ? difference(a[i], p[i]) / near : 0,
                         to_negative = far > 0 ? difference(a[i], n[i]) / far : 0;
            da[i] = static_cast<T>(scale(row) * (to_positive - to_negative));
            dp[i] = static_cast<T>(-scale(row) * to_positive);
            dn[i] = static_cast<T>(scale(row) * to_negative);
          }
        }
      });
    });
    return gradients;
  }

 private:
  template <class T>
  double difference(T x, T y) const {
    return static_cast<double>(x) - static_cast<double>(y) + epsilon_;
  }
  template <class T>
  double distance(const T* x, const T* y, std::int64_t width) const {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += difference(x[i], y[i]) * difference(x[i], y[i]);
    return std::sqrt(sum);
  }

  double margin_, epsilon_;
  RowReduction reduction_;
  std::array<SavedTensor, 3> saved_;
};

}  // namespace

Variable triplet_loss(const Variable& anchor, const Variable& positive, const Variable& negative, const TripletLossOptions& options) {
  if (!(options.margin > 0)) throw OptionError(fmt::format("[triplet_loss] the margin is positive, found {}", options.margin));
  if (!(options.epsilon >= 0)) throw OptionError(fmt::format("[triplet_loss] epsilon is at least 0, found {}", options.epsilon));
  return apply_one(std::make_unique<TripletLoss>(options), anchor, positive, negative);
}

}  // namespace fovea
