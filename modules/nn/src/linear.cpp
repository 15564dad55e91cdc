#include "fovea/nn/linear.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

Linear::Linear(std::int64_t inputs, std::int64_t outputs, const LinearOptions& options) {
  if (inputs < 1 || outputs < 1)
    throw OptionError(fmt::format("[linear] inputs and outputs are at least 1, found {} and {}", inputs, outputs));
  FileLayout layout;
  const auto [height, width, channels] = options.flattened;
  if (options.flattened != LinearOptions{}.flattened) {
    if (height < 1 || width < 1 || channels < 1 || height * width * channels != inputs)
      throw OptionError(fmt::format("[linear] a flattened image of {}x{}x{} has {} elements, found {} inputs", height, width, channels,
                                    height * width * channels, inputs));
    layout = {.kind = FileLayout::Kind::linear_after_flatten, .height = height, .width = width, .channels = channels};
  }
  register_parameter("weight", Tensor::empty({outputs, inputs}), weight, layout);
  if (options.bias) register_parameter("bias", Tensor::empty({outputs}), bias);
  RandomStream stream = construction_stream();
  Linear::reset_parameters(stream);
}

Variable Linear::forward(const Variable& x) { return linear(x, weight, bias, &cache_); }

void Linear::reset_parameters(RandomStream& stream) {
  Tensor values = weight.value();
  fill_kaiming_normal(values, stream);
  if (bias.defined()) Tensor(bias.value()).fill_(0);
}

Variable Flatten::forward(const Variable& x) { return flatten(x); }

}  // namespace fovea
