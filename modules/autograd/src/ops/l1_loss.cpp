#include "fovea/autograd/ops/l1_loss.hpp"

#include <cmath>

#include "ops/elementwise_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = true;
  template <class T>
  T value(T x, T t, std::int64_t) const {
    return std::abs(x - t);
  }
  template <class T>
  T slope(T x, T t, std::int64_t) const {
    return x > t ? T{1} : x < t ? T{-1} : T{0};
  }
};

class L1Loss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "l1_loss"; }
};

}  // namespace

Variable l1_loss(const Variable& x, const Variable& target, Reduction reduction) {
  return apply_one(std::make_unique<L1Loss>(reduction, Formula{}), x, target);
}

}  // namespace fovea
