// What losses of rows of class scores against class indices have in common.
#pragma once

#include <span>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "ops/class_targets.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

/// Input: scores [..., classes]; targets i64 of the leading shape. `Formula` has loss(scores, classes, target), a RowLoss, and
/// gradient(scores, classes, target, scale, out), which writes scale * d loss / d scores of one row. Ignored rows are not shown to it.
template <class Formula>
class ClassRowLoss : public Function {
 public:
  /// Targets are copied: nobody can change them before the backward pass.
  ClassRowLoss(const Tensor& targets, std::int64_t ignore_index, Reduction reduction, Formula formula)
      : targets_(private_copy(targets)), ignore_index_(ignore_index), reduction_(reduction), formula_(std::move(formula)) {}
  Attributes attributes() const override {
    return {{"reduction", std::string(name_of(reduction_.kind()))}, {"ignore_index", ignore_index_}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_class_axis(name(), "scores", in[0]);
    check_class_targets(name(), targets_, in[0], ignore_index_);
    return {{reduction_.kind() == Reduction::none ? leading_shape(in[0].shape) : Shape{}, in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) scores_ = SavedTensor(in[0]);
    const std::int64_t classes = in[0].extent(-1);
    const std::int64_t* const targets = targets_.data<std::int64_t>();
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T* const scores = in[0].data<T>();
      return {reduction_.forward<T>(out[0], targets_.numel(), classes, [&](std::int64_t row) {
        return targets[row] == ignore_index_ ? RowLoss{0, 0} : formula_.loss(scores + row * classes, classes, targets[row]);
      })};
    });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& scores = scores_.get(name());
    Tensor dscores = Tensor::empty(scores.shape(), scores.dtype());
    const std::int64_t classes = scores.extent(-1);
    const std::int64_t* const targets = targets_.data<std::int64_t>();
    dispatch_floating(scores.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      const T* const values = scores.data<T>();
      T* const out = dscores.mutable_data<T>();
      for_loss_rows(targets_.numel(), classes, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          if (targets[row] == ignore_index_)
            std::fill_n(out + row * classes, classes, T{0});
          else
            formula_.gradient(values + row * classes, classes, targets[row], scale(row), out + row * classes);
        }
      });
    });
    return {dscores};
  }

 private:
  Tensor targets_;
  std::int64_t ignore_index_;
  RowReduction reduction_;
  Formula formula_;
  SavedTensor scores_;
};

}  // namespace fovea
