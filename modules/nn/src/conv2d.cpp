#include "fovea/nn/conv2d.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options) : options_(options) {
  if (in_channels < 1 || out_channels < 1 || options.groups < 1 || in_channels % options.groups != 0 || out_channels % options.groups != 0)
    throw OptionError(
        fmt::format("[conv2d] {} input and {} output channels cannot be shared by {} groups", in_channels, out_channels, options.groups));
  if (options.kernel.height < 1 || options.kernel.width < 1)
    throw OptionError(fmt::format("[conv2d] the kernel is at least 1x1, found {}x{}", options.kernel.height, options.kernel.width));
  register_parameter("weight", Tensor::empty({out_channels, options.kernel.height, options.kernel.width, in_channels / options.groups}),
                     weight, {.kind = FileLayout::Kind::conv_filter});
  if (options.bias) register_parameter("bias", Tensor::empty({out_channels}), bias);
  RandomStream stream = construction_stream();
  Conv2d::reset_parameters(stream);
}

Variable Conv2d::forward(const Variable& x) {
  const Conv2dGeometry geometry{
      .stride = options_.stride, .padding = options_.padding, .dilation = options_.dilation, .groups = options_.groups};
  return conv2d(x, weight, bias, geometry, &cache_);
}

void Conv2d::reset_parameters(RandomStream& stream) {
  Tensor values = weight.value();
  fill_kaiming_normal(values, stream);
  if (bias.defined()) Tensor(bias.value()).fill_(0);
}

}  // namespace fovea
