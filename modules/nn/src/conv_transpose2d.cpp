#include "fovea/nn/conv_transpose2d.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

ConvTranspose2d::ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const ConvTranspose2dOptions& options)
    : options_(options) {
  if (in_channels < 1 || out_channels < 1 || options.groups < 1 || in_channels % options.groups != 0 || out_channels % options.groups != 0)
    throw OptionError(fmt::format("[conv_transpose2d] {} input and {} output channels cannot be shared by {} groups", in_channels,
                                  out_channels, options.groups));
  if (options.kernel.height < 1 || options.kernel.width < 1)
    throw OptionError(
        fmt::format("[conv_transpose2d] the kernel is at least 1x1, found {}x{}", options.kernel.height, options.kernel.width));
  if (options.stride.height < 1 || options.stride.width < 1)
    throw OptionError(
        fmt::format("[conv_transpose2d] the stride is at least 1x1, found {}x{}", options.stride.height, options.stride.width));
  register_parameter("weight", Tensor::empty({in_channels, options.kernel.height, options.kernel.width, out_channels / options.groups}),
                     weight, {.kind = FileLayout::Kind::conv_transpose_filter});
  if (options.bias) register_parameter("bias", Tensor::empty({out_channels}), bias);
  RandomStream stream = construction_stream();
  ConvTranspose2d::reset_parameters(stream);
}

Variable ConvTranspose2d::forward(const Variable& x) {
  return conv_transpose2d(x, weight, bias,
                          {.stride = options_.stride,
                           .padding = options_.padding,
                           .output_padding = options_.output_padding,
                           .dilation = options_.dilation,
                           .groups = options_.groups});
}

void ConvTranspose2d::reset_parameters(RandomStream& stream) {
  Tensor values = weight.value();
  const auto cells = static_cast<double>(values.numel() / values.extent(3) / options_.groups);
  const double terms = cells / static_cast<double>(options_.stride.height) / static_cast<double>(options_.stride.width);
  fill_normal(values, 0, kReluGain / std::sqrt(terms), stream);
  if (bias.defined()) Tensor(bias.value()).fill_(0);
}

}  // namespace fovea
