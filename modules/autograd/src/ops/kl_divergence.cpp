#include "fovea/autograd/ops/kl_divergence.hpp"

#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "ops/elementwise_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = false;
  bool log_target;
  template <class T>
  T value(T x, T t, std::int64_t) const {
    if (log_target) return std::exp(t) * (t - x);
    return t > 0 ? t * (std::log(t) - x) : T{0};
  }
  template <class T>
  T slope(T, T t, std::int64_t) const {
    return log_target ? -std::exp(t) : t > 0 ? -t : T{0};
  }
};

class KlDivergence final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "kl_divergence"; }
};

}  // namespace

Variable kl_divergence(const Variable& log_probabilities, const Tensor& targets, const KlDivergenceOptions& options) {
  if (!targets.defined()) throw ShapeError("[kl_divergence] the targets are undefined");
  if (options.batch_mean && options.reduction != Reduction::mean) throw OptionError("[kl_divergence] a batch mean wants Reduction::mean");
  const Reduction reduction = options.batch_mean ? Reduction::sum : options.reduction;
  const Variable loss =
      apply_one(std::make_unique<KlDivergence>(reduction, Formula{options.log_target}), log_probabilities, Variable(targets));
  if (!options.batch_mean) return loss;
  if (log_probabilities.shape().rank() < 1) throw ShapeError("[kl_divergence] a batch mean wants a first axis, found []");
  return affine(loss, 1.0 / static_cast<double>(log_probabilities.extent(0)));
}

}  // namespace fovea
