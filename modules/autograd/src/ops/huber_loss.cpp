#include "fovea/autograd/ops/huber_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "ops/elementwise_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = true;
  double delta;
  template <class T>
  T value(T x, T t, std::int64_t) const {
    const T limit = static_cast<T>(delta), distance = std::abs(x - t);
    return distance <= limit ? distance * distance / 2 : limit * (distance - limit / 2);
  }
  template <class T>
  T slope(T x, T t, std::int64_t) const {
    const T limit = static_cast<T>(delta);
    return std::clamp(x - t, -limit, limit);
  }
};

class HuberLoss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "huber_loss"; }
};

}  // namespace

Variable huber_loss(const Variable& x, const Variable& target, const HuberLossOptions& options) {
  if (!(options.delta > 0)) throw OptionError(fmt::format("[huber_loss] delta is positive, found {}", options.delta));
  return apply_one(std::make_unique<HuberLoss>(options.reduction, Formula{options.delta}), x, target);
}

}  // namespace fovea
