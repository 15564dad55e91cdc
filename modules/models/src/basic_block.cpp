#include "fovea/models/basic_block.hpp"

#include "downsample.hpp"

namespace fovea {

BasicBlock::BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride, std::int64_t dilation)
    : conv1(in_channels, out_channels, {.kernel = 3, .stride = stride, .padding = dilation, .dilation = dilation, .bias = false}),
      bn1(out_channels),
      conv2(out_channels, out_channels, {.kernel = 3, .padding = dilation, .dilation = dilation, .bias = false}),
      bn2(out_channels) {
  register_module("conv1", conv1);
  register_module("bn1", bn1);
  register_module("conv2", conv2);
  register_module("bn2", bn2);
  make_downsample(downsample, in_channels, out_channels, stride);
  if (downsample) register_module("downsample", *downsample);
}

Variable BasicBlock::forward(const Variable& x) {
  const Variable y = conv2(bn1.forward_relu(conv1(x)));
  return bn2.forward_add_relu(y, downsample ? downsample->forward(x) : x);
}

}  // namespace fovea
