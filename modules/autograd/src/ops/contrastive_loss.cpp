#include "fovea/autograd/ops/contrastive_loss.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/class_targets.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

template <class T>
double distance(const T* a, const T* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i] - b[i]) * static_cast<double>(a[i] - b[i]);
  return std::sqrt(sum);
}

class ContrastiveLoss final : public Function {
 public:
  ContrastiveLoss(const Tensor& same, const ContrastiveLossOptions& options)
      : same_(private_copy(same)), margin_(options.margin), reduction_(options.reduction) {}
  const char* name() const override { return "contrastive_loss"; }
  Attributes attributes() const override { return {{"reduction", std::string(name_of(reduction_.kind()))}, {"margin", margin_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    check_rank(name(), "the first input", in[0], 2, "[N,D]");
    check_same_dtype(name(), "the second input", in[1], in[0]);
    check_shape(name(), "the second input", in[1], in[0].shape);
    if (same_.dtype() != DType::i64)
      throw ShapeError(fmt::format("[contrastive_loss] pairs are marked in i64, found {}", name_of(same_.dtype())));
    check_shape(name(), "the marks of pairs", same_.spec(), Shape{in[0].shape[0]});
    return {{reduction_.kind() == Reduction::none ? same_.shape() : Shape{}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) {
      a_ = SavedTensor(in[0]);
      b_ = SavedTensor(in[1]);
    }
    const std::int64_t width = in[0].extent(1);
    const std::int64_t* const same = same_.data<std::int64_t>();
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T *a = in[0].data<T>(), *b = in[1].data<T>();
      return {reduction_.forward<T>(out[0], same_.numel(), width, [&](std::int64_t row) {
        const double d = distance(a + row * width, b + row * width, width), shortfall = std::max(0.0, margin_ - d);
        return RowLoss{(same[row] != 0 ? d * d : shortfall * shortfall) / 2, 1};
      })};
    });
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &a = a_.get(name()), &b = b_.get(name());
    Tensor da = Tensor::empty(a.shape(), a.dtype()), db = Tensor::empty(a.shape(), a.dtype());
    const std::int64_t width = a.extent(1);
    const std::int64_t* const same = same_.data<std::int64_t>();
    dispatch_floating(a.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      const T *as = a.data<T>(), *bs = b.data<T>();
      T *das = da.mutable_data<T>(), *dbs = db.mutable_data<T>();
      for_loss_rows(same_.numel(), width, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          double factor = 1;
          if (same[row] == 0) {
            const double d = distance(as + row * width, bs + row * width, width);
            factor = d > 0 && d < margin_ ? -(margin_ - d) / d : 0;
          }
          for (std::int64_t i = row * width; i < (row + 1) * width; ++i) {
            das[i] = static_cast<T>(factor) * scale(row) * (as[i] - bs[i]);
            dbs[i] = -das[i];
          }
        }
      });
    });
    return {da, db};
  }

 private:
  Tensor same_;
  double margin_;
  RowReduction reduction_;
  SavedTensor a_, b_;
};

}  // namespace

Variable contrastive_loss(const Variable& a, const Variable& b, const Tensor& same, const ContrastiveLossOptions& options) {
  if (!same.defined()) throw ShapeError("[contrastive_loss] the marks of pairs are undefined");
  if (!(options.margin > 0)) throw OptionError(fmt::format("[contrastive_loss] the margin is positive, found {}", options.margin));
  return apply_one(std::make_unique<ContrastiveLoss>(same, options), a, b);
}

}  // namespace fovea
