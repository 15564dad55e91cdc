#include "fovea/autograd/ops/nll_loss.hpp"

#include "ops/class_row_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  Tensor weights;  // of the scores' type, or undefined

  template <class T>
  T weight(std::int64_t target) const {
    return weights.defined() ? weights.data<T>()[target] : T{1};
  }
  template <class T>
  RowLoss loss(const T* x, std::int64_t, std::int64_t target) const {
    return {-weight<T>(target) * x[target], weight<T>(target)};
  }
  template <class T>
  void gradient(const T*, std::int64_t classes, std::int64_t target, T scale, T* out) const {
    std::fill_n(out, classes, T{0});
    out[target] = -weight<T>(target) * scale;
  }
};

class NllLoss final : public ClassRowLoss<Formula> {
 public:
  using ClassRowLoss::ClassRowLoss;
  const char* name() const override { return "nll_loss"; }
};

}  // namespace

Variable nll_loss(const Variable& log_probabilities, const Tensor& targets, const NllLossOptions& options) {
  if (log_probabilities.defined() && options.class_weights.defined()) {
    check_class_axis("nll_loss", "scores", log_probabilities.value().spec());
    check_class_weights("nll_loss", "class weights", options.class_weights, log_probabilities.value().spec());
  }
  Formula formula{private_copy(options.class_weights)};
  return apply_one(std::make_unique<NllLoss>(targets, options.ignore_index, options.reduction, std::move(formula)), log_probabilities);
}

}  // namespace fovea
