#include "fovea/autograd/ops/linear.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/conv2d_passes.hpp"

namespace fovea {

namespace {

/// Rows of features as the pixels of one image row.
kernels::Conv2dShape shape_of(std::int64_t rows, std::int64_t inputs, std::int64_t outputs) {
  return {.n = 1, .h = 1, .w = rows, .c = inputs, .k = outputs, .r = 1, .s = 1, .p = 1, .q = rows, .x_pitch = inputs, .y_pitch = outputs};
}

class LinearFunction final : public Function {
 public:
  explicit LinearFunction(PackedFilterCache* cache) : cache_(cache) {}
  const char* name() const override { return "linear"; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_rank(name(), "input", in[0], 2, "[N,inputs]");
    check_rank(name(), "weight", in[1], 2, "[outputs,inputs]");
    check_weight_dtype(name(), "weight", in[1], in[0]);
    const Shape &x = in[0].shape, &weight = in[1].shape;
    if (x[1] != weight[1])
      throw ShapeError(
          fmt::format("[linear] input {} has {} features but the weight {} wants {}", x.to_string(), x[1], weight.to_string(), weight[1]));
    if (in.size() > 2) {
      check_weight_dtype(name(), "bias", in[2], in[0]);
      check_shape(name(), "bias", in[2], Shape{weight[0]});
    }
    return {{Shape{x[0], weight[0]}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (needs_gradient(0)) weight_ = SavedTensor(in[1]);
    if (needs_gradient(1)) x_ = SavedTensor(in[0]);
    rows_ = in[0].extent(0);
    inputs_ = in[1].extent(1);
    outputs_ = in[1].extent(0);
    has_bias_ = in.size() > 2;
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    conv2d_forward(shape_of(rows_, inputs_, outputs_), in[0], in[1], {.bias = has_bias_ ? in[2] : Tensor{}}, records() ? nullptr : cache_,
                   y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const kernels::Conv2dShape shape = shape_of(rows_, inputs_, outputs_);
    Tensor dx, dweight, dbias;
    const Tensor weight = needs_gradient(0) ? weight_.get(name()) : Tensor{};
    if (needs_gradient(1)) {
      const Tensor x = take(x_);
      dweight = Tensor::empty({outputs_, inputs_}, weight_type_of(dy[0].dtype()));
      conv2d_backward_filter(shape, x, dy[0], dweight);
    }
    if (needs_gradient(0)) {  // after the filter's gradient: x is given up by now, and dx may take its memory
      dx = Tensor::empty({rows_, inputs_}, dy[0].dtype());
      conv2d_backward_data(shape, dy[0], weight, dx);
    }
    if (needs_gradient(2)) dbias = sum_to_channels(dy[0], outputs_);
    return has_bias_ ? std::vector{dx, dweight, dbias} : std::vector{dx, dweight};
  }

 private:
  PackedFilterCache* cache_;
  SavedTensor x_, weight_;
  std::int64_t rows_ = 0, inputs_ = 0, outputs_ = 0;
  bool has_bias_ = false;
};

}  // namespace

Variable linear(const Variable& x, const Variable& weight, const Variable& bias, PackedFilterCache* cache) {
  auto function = std::make_unique<LinearFunction>(cache);
  return bias.defined() ? apply_one(std::move(function), x, weight, bias) : apply_one(std::move(function), x, weight);
}

}  // namespace fovea
