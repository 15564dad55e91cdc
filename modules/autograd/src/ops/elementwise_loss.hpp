// What losses between two tensors of one shape have in common.
#pragma once

#include <span>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "ops/checks.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

/// Inputs: x and target. `Formula` has value(x, t, i) and slope(x, t, i) = d value / d x for element i, in the type of x. With
/// kSymmetric the loss depends on x - t alone and the target gets the opposite gradient; otherwise it gets none.
template <class Formula>
class ElementwiseLoss : public Function {
 public:
  ElementwiseLoss(Reduction reduction, Formula formula) : reduction_(reduction), formula_(std::move(formula)) {}
  Attributes attributes() const override { return {{"reduction", std::string(name_of(reduction_.kind()))}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    check_same_dtype(name(), "the target", in[1], in[0]);
    check_shape(name(), "the target", in[1], in[0].shape);
    return {{reduction_.kind() == Reduction::none ? in[0].shape : Shape{}, in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) {
      x_ = SavedTensor(in[0]);
      target_ = SavedTensor(in[1]);
    }
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T *x = in[0].data<T>(), *target = in[1].data<T>();
      return {reduction_.forward<T>(out[0], in[0].numel(), 1, [&](std::int64_t i) {
        return RowLoss{formula_.value(x[i], target[i], i), 1};
      })};
    });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &x = x_.get(name()), &target = target_.get(name());
    Tensor dx = Tensor::empty(x.shape(), x.dtype()), dtarget;
    if (Formula::kSymmetric && needs_gradient(1)) dtarget = Tensor::empty(x.shape(), x.dtype());
    dispatch_floating(x.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      const T *xs = x.data<T>(), *targets = target.data<T>();
      T *dxs = dx.mutable_data<T>(), *dtargets = dtarget.defined() ? dtarget.mutable_data<T>() : nullptr;
      for_loss_rows(x.numel(), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          dxs[i] = scale(i) * formula_.slope(xs[i], targets[i], i);
          if (dtargets != nullptr) dtargets[i] = -dxs[i];
        }
      });
    });
    return {dx, dtarget};
  }

 private:
  RowReduction reduction_;
  Formula formula_;
  SavedTensor x_, target_;
};

}  // namespace fovea
