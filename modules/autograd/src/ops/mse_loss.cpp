#include "fovea/autograd/ops/mse_loss.hpp"

#include "ops/elementwise_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = true;
  template <class T>
  T value(T x, T t, std::int64_t) const {
    return (x - t) * (x - t);
  }
  template <class T>
  T slope(T x, T t, std::int64_t) const {
    return 2 * (x - t);
  }
};

class MseLoss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "mse_loss"; }
};

}  // namespace

Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction) {
  return apply_one(std::make_unique<MseLoss>(reduction, Formula{}), x, target);
}

}  // namespace fovea
