// An operation of your own: y = 1 / sqrt(x), whose gradient is -y^3 / 2.
#include <cmath>
#include <cstdio>
#include <fovea/autograd/function.hpp>
#include <fovea/autograd/ops/sum.hpp>

namespace {

using fovea::Tensor;
using fovea::TensorSpec;

class InverseSquareRoot final : public fovea::Function {
 public:
  const char* name() const override { return "inverse_square_root"; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override { return {inputs[0]}; }

  std::vector<Tensor> forward(std::span<const Tensor> inputs, std::span<const TensorSpec> outputs) override {
    Tensor y = Tensor::empty(outputs[0].shape, outputs[0].dtype);
    for (std::int64_t i = 0; i < y.numel(); ++i) y.mutable_data<float>()[i] = 1 / std::sqrt(inputs[0].data<float>()[i]);
    y_ = fovea::SavedTensor(y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& y = y_.get(name());
    Tensor dx = Tensor::empty(y.shape(), y.dtype());
    for (std::int64_t i = 0; i < y.numel(); ++i)
      dx.mutable_data<float>()[i] = -0.5f * std::pow(y.data<float>()[i], 3.0f) * dy[0].data<float>()[i];
    return {dx};
  }

 private:
  fovea::SavedTensor y_;
};

}  // namespace

int main() {
  const fovea::Variable x(Tensor::from({1.0f, 4.0f, 16.0f}, {3}), true);
  const fovea::Variable y = fovea::apply_one(std::make_unique<InverseSquareRoot>(), x);
  fovea::backward(fovea::sum(y));

  const auto gradient = x.grad().to_vector<float>();
  std::printf("1/sqrt(4) = %g, gradient %g\n", static_cast<double>(y.value().data<float>()[1]), static_cast<double>(gradient[1]));
  return gradient[1] == -0.0625f ? 0 : 1;
}
