#include "fovea/detection/prediction_conv.hpp"

#include "fovea/nn/init.hpp"

namespace fovea {

PredictionConv::PredictionConv(std::int64_t in_channels, std::int64_t out_channels, std::function<double(std::int64_t)> first_bias,
                               std::int64_t kernel)
    : first_bias_(std::move(first_bias)), kernel_(kernel) {
  register_parameter("weight", Tensor::zeros({out_channels, kernel, kernel, in_channels}), weight, {.kind = FileLayout::Kind::conv_filter});
  register_parameter("bias", Tensor::zeros({out_channels}), bias);
  RandomStream stream = construction_stream();
  PredictionConv::reset_parameters(stream);
}

Variable PredictionConv::forward(const Variable& x) { return conv2d(x, weight, bias, {.padding = kernel_ / 2}, &cache_); }

void PredictionConv::reset_parameters(RandomStream& stream) {
  Tensor weights = weight.value(), biases = bias.value();
  fill_normal(weights, 0, 0.01, stream);
  const DType dtype = biases.dtype();
  std::vector<double> values;
  for (std::int64_t channel = 0; channel < biases.numel(); ++channel) values.push_back(first_bias_(channel));
  biases.copy_(Tensor::from(values, biases.shape()).to(dtype));
}

}  // namespace fovea
