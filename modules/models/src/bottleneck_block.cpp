#include "fovea/models/bottleneck_block.hpp"

#include "downsample.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/relu.hpp"

namespace fovea {

BottleneckBlock::BottleneckBlock(std::int64_t in_channels, std::int64_t planes, const BottleneckOptions& o)
    : BottleneckBlock(in_channels, planes, planes * o.width_per_group / 64 * o.groups, o) {}

BottleneckBlock::BottleneckBlock(std::int64_t in_channels, std::int64_t planes, std::int64_t width, const BottleneckOptions& o)
    : conv1(in_channels, width, {.kernel = 1, .bias = false}),
      bn1(width),
      conv2(width, width,
            {.kernel = 3, .stride = o.stride, .padding = o.dilation, .dilation = o.dilation, .groups = o.groups, .bias = false}),
      bn2(width),
      conv3(width, kExpansion * planes, {.kernel = 1, .bias = false}),
      bn3(kExpansion * planes) {
  register_module("conv1", conv1);
  register_module("bn1", bn1);
  register_module("conv2", conv2);
  register_module("bn2", bn2);
  register_module("conv3", conv3);
  register_module("bn3", bn3);
  make_downsample(downsample, in_channels, kExpansion * planes, o.stride);
  if (downsample) register_module("downsample", *downsample);
  if (o.squeeze < 1) return;
  se.emplace(kExpansion * planes, kExpansion * planes / o.squeeze);
  register_module("se", *se);
}

Variable BottleneckBlock::forward(const Variable& x) {
  const Variable y = conv3(bn2.forward_relu(conv2(bn1.forward_relu(conv1(x)))));
  const Variable shortcut = downsample ? downsample->forward(x) : x;
  if (se) return relu(se->forward(bn3(y)) + shortcut);
  return bn3.forward_add_relu(y, shortcut);
}

}  // namespace fovea
