#include "fovea/autograd/ops/smooth_l1_loss.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "ops/elementwise_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = true;
  double beta;
  template <class T>
  T value(T x, T t, std::int64_t) const {
    const T limit = static_cast<T>(beta), distance = std::abs(x - t);
    return distance < limit ? distance * distance / (2 * limit) : distance - limit / 2;
  }
  template <class T>
  T slope(T x, T t, std::int64_t) const {
    const T limit = static_cast<T>(beta), difference = x - t;
    if (std::abs(difference) < limit) return difference / limit;
    return difference > 0 ? T{1} : difference < 0 ? T{-1} : T{0};
  }
};

class SmoothL1Loss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "smooth_l1_loss"; }
};

}  // namespace

Variable smooth_l1_loss(const Variable& x, const Variable& target, const SmoothL1LossOptions& options) {
  if (!(options.beta >= 0)) throw OptionError(fmt::format("[smooth_l1_loss] beta is at least 0, found {}", options.beta));
  return apply_one(std::make_unique<SmoothL1Loss>(options.reduction, Formula{options.beta}), x, target);
}

}  // namespace fovea
