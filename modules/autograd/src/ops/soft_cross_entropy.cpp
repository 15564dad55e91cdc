#include "fovea/autograd/ops/soft_cross_entropy.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/class_targets.hpp"
#include "ops/log_terms.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

class SoftCrossEntropy final : public Function {
 public:
  explicit SoftCrossEntropy(const SoftCrossEntropyOptions& options)
      : reduction_(options.reduction), smoothing_(options.label_smoothing), weights_(private_copy(options.class_weights)) {}
  const char* name() const override { return "soft_cross_entropy"; }
  Attributes attributes() const override {
    return {{"reduction", std::string(name_of(reduction_.kind()))}, {"label_smoothing", smoothing_}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_class_axis(name(), "logits", in[0]);
    check_same_dtype(name(), "the distributions", in[1], in[0]);
    check_shape(name(), "the distributions", in[1], in[0].shape);
    check_class_weights(name(), "class weights", weights_, in[0]);
    if (!(smoothing_ >= 0 && smoothing_ < 1))
      throw OptionError(fmt::format("[soft_cross_entropy] label smoothing is in [0, 1), found {}", smoothing_));
    return {{reduction_.kind() == Reduction::none ? leading_shape(in[0].shape) : Shape{}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) {
      logits_ = SavedTensor(in[0]);
      targets_ = SavedTensor(in[1]);
    }
    const std::int64_t classes = in[0].extent(-1);
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T *logits = in[0].data<T>(), *targets = in[1].data<T>();
      return {reduction_.forward<T>(out[0], in[0].numel() / classes, classes, [&](std::int64_t row) {
        const T *z = logits + row * classes, *q = targets + row * classes;
        const T normalizer = log_sum_exp(z, classes);
        double loss = 0;
        for (std::int64_t c = 0; c < classes; ++c) loss += weighted_target(q, c, classes) * (normalizer - z[c]);
        return RowLoss{loss, 1};
      })};
    });
  }

  /// d loss / d z_k = p_k sum(w q) - w_k q_k
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &logits = logits_.get(name()), &targets = targets_.get(name());
    Tensor dlogits = Tensor::empty(logits.shape(), logits.dtype());
    const std::int64_t classes = logits.extent(-1);
    dispatch_floating(logits.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      for_loss_rows(logits.numel() / classes, classes, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const T *z = logits.data<T>() + row * classes, *q = targets.data<T>() + row * classes;
          T* const out = dlogits.mutable_data<T>() + row * classes;
          const T normalizer = log_sum_exp(z, classes), factor = scale(row);
          double sum = 0;
          for (std::int64_t c = 0; c < classes; ++c) sum += weighted_target(q, c, classes);
          for (std::int64_t c = 0; c < classes; ++c)
            out[c] = factor * (std::exp(z[c] - normalizer) * static_cast<T>(sum) - weighted_target(q, c, classes));
        }
      });
    });
    return {dlogits, {}};
  }

 private:
  template <class T>
  T weighted_target(const T* q, std::int64_t c, std::int64_t classes) const {
    const T smoothed = q[c] * static_cast<T>(1 - smoothing_) + static_cast<T>(smoothing_ / static_cast<double>(classes));
    return weights_.defined() ? weights_.data<T>()[c] * smoothed : smoothed;
  }

  RowReduction reduction_;
  double smoothing_;
  Tensor weights_;
  SavedTensor logits_, targets_;
};

}  // namespace

Variable soft_cross_entropy(const Variable& logits, const Tensor& distributions, const SoftCrossEntropyOptions& options) {
  if (!distributions.defined()) throw ShapeError("[soft_cross_entropy] the distributions are undefined");
  return apply_one(std::make_unique<SoftCrossEntropy>(options), logits, Variable(distributions));
}

}  // namespace fovea
