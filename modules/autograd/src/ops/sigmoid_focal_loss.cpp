#include "fovea/autograd/ops/sigmoid_focal_loss.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "ops/elementwise_loss.hpp"
#include "ops/log_terms.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = false;
  double alpha, gamma;

  template <class T>
  T weight(T t) const {
    return alpha < 0 ? T{1} : static_cast<T>(alpha) * t + static_cast<T>(1 - alpha) * (1 - t);
  }
  /// 1 - p_t: the probability of the wrong answer.
  template <class T>
  T wrong(T x, T t) const {
    return t * sigmoid_of(-x) + (1 - t) * sigmoid_of(x);
  }
  template <class T>
  T value(T x, T t, std::int64_t) const {
    return weight(t) * power(wrong(x, t), gamma) * ((1 - t) * x + softplus(-x));
  }
  template <class T>
  T slope(T x, T t, std::int64_t) const {
    const T p = sigmoid_of(x), q = sigmoid_of(-x), rest = wrong(x, t);
    T slope = power(rest, gamma) * (p - t);
    if (gamma > 0 && rest > 0) slope -= static_cast<T>(gamma) * power(rest, gamma - 1) * (2 * t - 1) * p * q * ((1 - t) * x + softplus(-x));
    return weight(t) * slope;
  }
};

class SigmoidFocalLoss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "sigmoid_focal_loss"; }
};

}  // namespace

Variable sigmoid_focal_loss(const Variable& logits, const Tensor& targets, const SigmoidFocalLossOptions& options) {
  if (!targets.defined()) throw ShapeError("[sigmoid_focal_loss] the targets are undefined");
  if (!(options.alpha <= 1)) throw OptionError(fmt::format("[sigmoid_focal_loss] alpha is at most 1, found {}", options.alpha));
  if (!(options.gamma >= 0)) throw OptionError(fmt::format("[sigmoid_focal_loss] gamma is at least 0, found {}", options.gamma));
  return apply_one(std::make_unique<SigmoidFocalLoss>(options.reduction, Formula{options.alpha, options.gamma}), logits, Variable(targets));
}

}  // namespace fovea
