#include "fovea/autograd/ops/logistic_loss.hpp"

#include "fovea/base/error.hpp"
#include "ops/elementwise_loss.hpp"
#include "ops/log_terms.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = false;
  template <class T>
  T value(T x, T c, std::int64_t) const {
    return softplus(-c * x);
  }
  template <class T>
  T slope(T x, T c, std::int64_t) const {
    return -c * sigmoid_of(-c * x);
  }
};

class LogisticLoss final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "logistic_loss"; }
};

}  // namespace

Variable logistic_loss(const Variable& scores, const Tensor& signs, Reduction reduction) {
  if (!signs.defined()) throw ShapeError("[logistic_loss] the signs are undefined");
  return apply_one(std::make_unique<LogisticLoss>(reduction, Formula{}), scores, Variable(signs));
}

}  // namespace fovea
