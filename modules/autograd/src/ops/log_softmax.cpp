#include "fovea/autograd/ops/log_softmax.hpp"

#include "fovea/autograd/function.hpp"
#include "ops/class_targets.hpp"
#include "ops/log_terms.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

class LogSoftmax final : public Function {
 public:
  const char* name() const override { return "log_softmax"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_class_axis(name(), "scores", in[0]);
    return {in[0]};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    const std::int64_t columns = y.extent(-1);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const T* const x = in[0].data<T>();
      T* const values = y.mutable_data<T>();
      for_loss_rows(y.numel() / columns, columns, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const T normalizer = log_sum_exp(x + row * columns, columns);
          for (std::int64_t i = row * columns; i < (row + 1) * columns; ++i) values[i] = x[i] - normalizer;
        }
      });
    });
    if (records()) y_ = SavedTensor(y);
    return {y};
  }
  /// dx = dy - e^y sum(dy)
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& y = y_.get(name());
    Tensor dx = Tensor::empty(y.shape(), y.dtype());
    const std::int64_t columns = y.extent(-1);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const T *values = y.data<T>(), *gradient = dy[0].data<T>();
      T* const out = dx.mutable_data<T>();
      for_loss_rows(y.numel() / columns, columns, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          double sum = 0;
          for (std::int64_t i = row * columns; i < (row + 1) * columns; ++i) sum += gradient[i];
          for (std::int64_t i = row * columns; i < (row + 1) * columns; ++i)
            out[i] = gradient[i] - std::exp(values[i]) * static_cast<T>(sum);
        }
      });
    });
    return {dx};
  }

 private:
  SavedTensor y_;
};

}  // namespace

Variable log_softmax(const Variable& x) { return apply_one(std::make_unique<LogSoftmax>(), x); }

}  // namespace fovea
