#include "fovea/autograd/ops/binary_cross_entropy.hpp"

#include "fovea/base/error.hpp"
#include "ops/class_targets.hpp"
#include "ops/elementwise_loss.hpp"
#include "ops/log_terms.hpp"

namespace fovea {

namespace {

struct Formula {
  static constexpr bool kSymmetric = false;
  Tensor positive_weights;  // of the logits' type, or undefined

  template <class T>
  T positive(std::int64_t i) const {
    return positive_weights.defined() ? positive_weights.data<T>()[i % positive_weights.numel()] : T{1};
  }
  // With log s(x) = -softplus(-x) and log(1 - s(x)) = -x - softplus(-x).
  template <class T>
  T value(T x, T t, std::int64_t i) const {
    return (1 - t) * x + (1 + (positive<T>(i) - 1) * t) * softplus(-x);
  }
  template <class T>
  T slope(T x, T t, std::int64_t i) const {
    return (1 - t) - (1 + (positive<T>(i) - 1) * t) * sigmoid_of(-x);
  }
};

class BinaryCrossEntropy final : public ElementwiseLoss<Formula> {
 public:
  using ElementwiseLoss::ElementwiseLoss;
  const char* name() const override { return "binary_cross_entropy"; }
};

}  // namespace

Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const BinaryCrossEntropyOptions& options) {
  const char* name = "binary_cross_entropy";
  if (!targets.defined()) throw ShapeError("[binary_cross_entropy] the targets are undefined");
  if (options.positive_weights.defined()) {
    check_class_axis(name, "logits", logits.value().spec());
    check_class_weights(name, "positive weights", options.positive_weights, logits.value().spec());
  }
  Formula formula{private_copy(options.positive_weights)};
  return apply_one(std::make_unique<BinaryCrossEntropy>(options.reduction, std::move(formula)), logits, Variable(targets));
}

}  // namespace fovea
