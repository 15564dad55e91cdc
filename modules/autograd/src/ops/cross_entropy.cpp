#include "fovea/autograd/ops/cross_entropy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

using kernels::Context;
using kernels::CrossEntropyShape;

class CrossEntropy final : public Function {
 public:
  /// Targets and weights are copied: nobody can change them before the backward pass.
  CrossEntropy(const Tensor& targets, const CrossEntropyOptions& options) : targets_(targets.clone()), options_(options) {
    if (options_.class_weights.defined()) options_.class_weights = options_.class_weights.clone();
  }
  const char* name() const override { return "cross_entropy"; }
  Attributes attributes() const override {
    return {
        {"reduction", name_of(options_.reduction)}, {"ignore_index", options_.ignore_index}, {"label_smoothing", options_.label_smoothing}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const TensorSpec& logits = in[0];
    check_floating(name(), logits);
    if (logits.shape.rank() < 1 || logits.shape.at(-1) < 1)
      throw ShapeError(fmt::format("[cross_entropy] logits want a last axis of at least one class, found {}", logits.shape.to_string()));
    const Shape rows(logits.shape.extents().first(static_cast<std::size_t>(logits.shape.rank() - 1)));
    const std::int64_t classes = logits.shape.at(-1);
    if (targets_.dtype() != DType::i64)
      throw ShapeError(fmt::format("[cross_entropy] targets are i64, found {}", name_of(targets_.dtype())));
    check_shape(name(), "targets", targets_.spec(), rows);
    if (options_.class_weights.defined()) {
      check_shape(name(), "class weights", options_.class_weights.spec(), Shape{classes});
      check_same_dtype(name(), "class weights", options_.class_weights.spec(), logits);
    }
    if (!(options_.label_smoothing >= 0 && options_.label_smoothing < 1))
      throw OptionError(fmt::format("[cross_entropy] label smoothing is in [0, 1), found {}", options_.label_smoothing));
    for (const std::int64_t target : targets_.span<std::int64_t>())
      if (target != options_.ignore_index && (target < 0 || target >= classes))
        throw ShapeError(fmt::format("[cross_entropy] target {} is outside [0, {})", target, classes));
    return {{options_.reduction == Reduction::none ? rows : Shape{}, logits.dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& logits = in[0];
    const CrossEntropyShape shape = shape_of(logits);
    Tensor loss = Tensor::empty({shape.rows}, logits.dtype());
    normaliser_ = Tensor::empty({shape.rows}, logits.dtype());
    log_sum_exp_ = Tensor::empty({shape.rows}, logits.dtype());
    if (records()) logits_ = SavedTensor(logits);
    dispatch_floating(logits.dtype(), name(), [&]<class T>() {
      kernels_for<T>(logits).softmax.cross_entropy(Context::current(), shape, logits.data<T>(), targets_.data<std::int64_t>(), weights<T>(),
                                                   loss.mutable_data<T>(), normaliser_.mutable_data<T>(), log_sum_exp_.mutable_data<T>());
    });
    if (options_.reduction == Reduction::none) return {loss.reshape(out[0].shape)};
    double total = 0;
    dispatch_floating(loss.dtype(), name(), [&]<class T>() {
      for (const T row : loss.span<T>()) total += row;
      for (const T row : normaliser_.span<T>()) divisor_ += row;
    });
    if (options_.reduction == Reduction::sum) divisor_ = 1;
    return {Tensor::full({}, total / divisor_, logits.dtype())};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& logits = logits_.get(name());
    const CrossEntropyShape shape = shape_of(logits);
    const Tensor row_scale =
        options_.reduction == Reduction::none ? dy[0] : Tensor::full({shape.rows}, dy[0].item() / divisor_, logits.dtype());
    Tensor dlogits = Tensor::empty(logits.shape(), logits.dtype());
    dispatch_floating(logits.dtype(), name(), [&]<class T>() {
      kernels_for<T>(logits).softmax.cross_entropy_backward(Context::current(), shape, logits.data<T>(), targets_.data<std::int64_t>(),
                                                            weights<T>(), log_sum_exp_.data<T>(), row_scale.data<T>(),
                                                            dlogits.mutable_data<T>());
    });
    return {dlogits};
  }

 private:
  CrossEntropyShape shape_of(const Tensor& logits) const {
    const std::int64_t classes = logits.extent(-1);
    return {.rows = logits.numel() / classes,
            .classes = classes,
            .ignore_index = options_.ignore_index,
            .label_smoothing = options_.label_smoothing};
  }
  template <class T>
  const T* weights() const {
    return options_.class_weights.defined() ? options_.class_weights.data<T>() : nullptr;
  }

  Tensor targets_;
  CrossEntropyOptions options_;
  Tensor normaliser_, log_sum_exp_;
  double divisor_ = 0;
  SavedTensor logits_;
};

}  // namespace

Variable cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  if (!targets.defined()) throw ShapeError("[cross_entropy] the targets are undefined");
  return apply_one(std::make_unique<CrossEntropy>(targets, options), logits);
}

}  // namespace fovea
