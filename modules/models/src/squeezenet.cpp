#include "fovea/models/squeezenet.hpp"

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/pool2d.hpp"

namespace fovea {

Fire::Fire(std::int64_t in_channels, std::int64_t squeezed, std::int64_t expanded)
    : squeeze(in_channels, squeezed, {.kernel = 1}),
      expand1x1(squeezed, expanded, {.kernel = 1}),
      expand3x3(squeezed, expanded, {.kernel = 3, .padding = 1}) {
  register_module("squeeze", squeeze);
  register_module("expand1x1", expand1x1);
  register_module("expand3x3", expand3x3);
}

Variable Fire::forward(const Variable& x) {
  const Variable y = relu(squeeze(x));
  return concat({relu(expand1x1(y)), relu(expand3x3(y))});
}

SqueezeNet::SqueezeNet(const SqueezeNetOptions& o) : SequentialBackbone("squeezenet", o.classes) {
  const bool first = o.version == SqueezeNetOptions::Version::v1_0;
  std::int64_t channels = first ? 96 : 64, stride = 2;
  const auto fire = [&](std::int64_t squeezed, std::int64_t expanded) {
    add<Fire>(channels, squeezed, expanded);
    channels = 2 * expanded;
  };
  const auto pool = [&] {
    end_stage(stride, channels);
    add<MaxPool2d>(Pool2dGeometry{.window = 3, .stride = 2, .ceil_mode = true});
    stride *= 2;
  };
  add<Conv2d>(o.channels, channels, Conv2dOptions{.kernel = first ? 7 : 3, .stride = 2});
  add<Relu>();
  pool();
  fire(16, 64);
  fire(16, 64);
  if (!first) pool();
  fire(32, 128);
  if (first) pool();
  fire(32, 128);
  if (!first) pool();
  fire(48, 192);
  fire(48, 192);
  fire(64, 256);
  if (first) pool();
  fire(64, 256);
  end_stage(stride, channels);
  if (!has_classifier()) return;
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Conv2d>(channels, o.classes, Conv2dOptions{.kernel = 1});
  classifier_.emplace<Relu>();
  register_module("classifier", classifier_);
}

Variable SqueezeNet::classify(const Variable& features) { return global_average_pool2d(classifier_(features)); }

}  // namespace fovea
