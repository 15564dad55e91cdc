#include "fovea/autograd/ops/softmax_focal_loss.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "ops/class_row_loss.hpp"
#include "ops/log_terms.hpp"

namespace fovea {

namespace {

struct Formula {
  double gamma;
  Tensor weights;  // of the scores' type, or undefined

  template <class T>
  struct Row {
    T normalizer, log_probability, probability, rest;  // rest = 1 - probability, as the sum of the others: exact where it is small
  };
  template <class T>
  static Row<T> row(const T* z, std::int64_t classes, std::int64_t target) {
    const T normalizer = log_sum_exp(z, classes), log_probability = z[target] - normalizer;
    double rest = 0;
    for (std::int64_t j = 0; j < classes; ++j)
      if (j != target) rest += std::exp(z[j] - normalizer);
    return {normalizer, log_probability, std::exp(log_probability), std::min(T{1}, static_cast<T>(rest))};
  }
  template <class T>
  T weight(std::int64_t target) const {
    return weights.defined() ? weights.data<T>()[target] : T{1};
  }
  template <class T>
  RowLoss loss(const T* z, std::int64_t classes, std::int64_t target) const {
    const Row<T> r = row(z, classes, target);
    return {-weight<T>(target) * power(r.rest, gamma) * r.log_probability, 1};
  }
  /// d loss / d log p_y = -alpha ((1-p)^gamma - gamma (1-p)^(gamma-1) p log p), and d log p_y / d z_k = [k = y] - p_k.
  template <class T>
  void gradient(const T* z, std::int64_t classes, std::int64_t target, T scale, T* out) const {
    const Row<T> r = row(z, classes, target);
    T slope = power(r.rest, gamma);
    if (gamma > 0 && r.rest > 0) slope -= static_cast<T>(gamma) * power(r.rest, gamma - 1) * r.probability * r.log_probability;
    slope *= scale * weight<T>(target);
    for (std::int64_t j = 0; j < classes; ++j) out[j] = slope * std::exp(z[j] - r.normalizer);
    out[target] = -slope * r.rest;
  }
};

class SoftmaxFocalLoss final : public ClassRowLoss<Formula> {
 public:
  using ClassRowLoss::ClassRowLoss;
  const char* name() const override { return "softmax_focal_loss"; }
};

}  // namespace

Variable softmax_focal_loss(const Variable& logits, const Tensor& targets, const SoftmaxFocalLossOptions& options) {
  if (!(options.gamma >= 0)) throw OptionError(fmt::format("[softmax_focal_loss] gamma is at least 0, found {}", options.gamma));
  if (logits.defined() && options.class_weights.defined()) {
    check_class_axis("softmax_focal_loss", "scores", logits.value().spec());
    check_class_weights("softmax_focal_loss", "class weights", options.class_weights, logits.value().spec());
  }
  Formula formula{options.gamma, private_copy(options.class_weights)};
  return apply_one(std::make_unique<SoftmaxFocalLoss>(targets, options.ignore_index, options.reduction, std::move(formula)), logits);
}

}  // namespace fovea
