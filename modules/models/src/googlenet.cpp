#include "fovea/models/googlenet.hpp"

#include <array>
#include <string>

#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/pool2d.hpp"

namespace fovea {

namespace {

constexpr double kEpsilon = 0.001;          // of the norms, as in torchvision
constexpr std::int64_t kAuxiliaryPool = 4;  // windows in each direction
constexpr std::int64_t kAuxiliaryChannels = 128, kAuxiliaryHidden = 1024;

struct NamedModule {
  const char* name;
  InceptionWidths widths;
};

// Table 1, from "inception (3a)" to "inception (5b)".
constexpr std::array<NamedModule, 9> kModules = {{{"inception3a", {64, 96, 128, 16, 32, 32}},
                                                  {"inception3b", {128, 128, 192, 32, 96, 64}},
                                                  {"inception4a", {192, 96, 208, 16, 48, 64}},
                                                  {"inception4b", {160, 112, 224, 24, 64, 64}},
                                                  {"inception4c", {128, 128, 256, 24, 64, 64}},
                                                  {"inception4d", {112, 144, 288, 32, 64, 64}},
                                                  {"inception4e", {256, 160, 320, 32, 128, 128}},
                                                  {"inception5a", {256, 160, 320, 32, 128, 128}},
                                                  {"inception5b", {384, 192, 384, 48, 128, 128}}}};

constexpr Pool2dGeometry kHalving{.window = 3, .stride = 2, .ceil_mode = true};
constexpr Pool2dGeometry kLastHalving{.window = 2, .stride = 2, .ceil_mode = true};

// Modules of the stages of 8, 16 and 32 pixels: [first, last).
constexpr std::array<std::array<std::size_t, 2>, 3> kStages = {{{0, 2}, {2, 7}, {7, 9}}};
constexpr std::size_t kFirstAuxiliary = 2, kSecondAuxiliary = 5;  // behind 4a and 4d

ConvNormOptions convolution(std::int64_t kernel, std::int64_t stride = 1) {
  return {.kernel = kernel, .stride = stride, .epsilon = kEpsilon, .conv_name = "conv", .norm_name = "bn"};
}

}  // namespace

Inception::Inception(std::int64_t in_channels, const InceptionWidths& w) : branch1_(in_channels, w.ones, convolution(1)) {
  branch2_.emplace<ConvNorm>(in_channels, w.reduce_middle, convolution(1));
  branch2_.emplace<ConvNorm>(w.reduce_middle, w.middle, convolution(3));
  branch3_.emplace<ConvNorm>(in_channels, w.reduce_large, convolution(1));
  branch3_.emplace<ConvNorm>(w.reduce_large, w.large, convolution(3));
  branch4_.emplace<MaxPool2d>(Pool2dGeometry{.window = 3, .stride = 1, .padding = 1});
  branch4_.emplace<ConvNorm>(in_channels, w.pooled, convolution(1));
  register_module("branch1", branch1_);
  register_module("branch2", branch2_);
  register_module("branch3", branch3_);
  register_module("branch4", branch4_);
}

Variable Inception::forward(const Variable& x) { return concat({branch1_(x), branch2_(x), branch3_(x), branch4_(x)}); }

AuxiliaryHead::AuxiliaryHead(std::int64_t in_channels, std::int64_t classes, double dropout)
    : conv_(in_channels, kAuxiliaryChannels, convolution(1)),
      fc1_(kAuxiliaryPool * kAuxiliaryPool * kAuxiliaryChannels, kAuxiliaryHidden,
           {.flattened = {kAuxiliaryPool, kAuxiliaryPool, kAuxiliaryChannels}}),
      fc2_(kAuxiliaryHidden, classes),
      dropout_(dropout) {
  register_module("conv", conv_);
  register_module("fc1", fc1_);
  register_module("fc2", fc2_);
  register_module("dropout", dropout_);
}

Variable AuxiliaryHead::forward(const Variable& x) {
  const Variable y = conv_(adaptive_average_pool2d(x, kAuxiliaryPool));
  return fc2_(dropout_(relu(fc1_(flatten(y)))));
}

GoogLeNet::GoogLeNet(const GoogLeNetOptions& o)
    : Backbone("googlenet", o.classes),
      conv1_(o.channels, 64, convolution(7, 2)),
      conv2_(64, 64, convolution(1)),
      conv3_(64, 192, convolution(3)),
      dropout_(o.dropout) {
  register_module("conv1", conv1_);
  register_module("conv2", conv2_);
  register_module("conv3", conv3_);
  add_stage({"conv1", 2, 64});
  add_stage({"conv3", 4, 192});
  std::int64_t channels = 192, stride = 8;
  for (const auto& [first, last] : kStages) {
    for (std::size_t i = first; i < last; ++i) {
      modules_.emplace(channels, kModules[i].widths);
      register_module(kModules[i].name, modules_[i]);
      channels = kModules[i].widths.total();
    }
    add_stage({kModules[last - 1].name, stride, channels});
    stride *= 2;
  }
  register_module("dropout", dropout_);
  if (!has_classifier()) return;
  if (o.auxiliary) {
    aux1_.emplace(kModules[kFirstAuxiliary].widths.total(), o.classes, o.auxiliary_dropout);
    aux2_.emplace(kModules[kSecondAuxiliary].widths.total(), o.classes, o.auxiliary_dropout);
    register_module("aux1", *aux1_);
    register_module("aux2", *aux2_);
  }
  fc_.emplace(channels, o.classes);
  register_module("fc", *fc_);
}

Variable GoogLeNet::run_stage(std::size_t stage, const Variable& x) {
  if (stage == 0) return conv1_(x);
  if (stage == 1) return conv3_(conv2_(max_pool2d(x, kHalving)));
  const auto [first, last] = kStages[stage - 2];
  Variable y = stage == 4 ? max_pool2d(x, kLastHalving) : max_pool2d(x, kHalving);
  for (std::size_t i = first; i < last; ++i) y = modules_[i](y);
  return y;
}

Variable GoogLeNet::classify(const Variable& features) { return (*fc_)(dropout_(global_average_pool2d(features))); }

GoogLeNetLogits GoogLeNet::forward_with_auxiliary(const Variable& x) {
  if (!aux1_) throw OptionError("[googlenet] has no auxiliary classifiers; build it with {.auxiliary = true}");
  GoogLeNetLogits result;
  Variable y = x;
  for (std::size_t stage = 0; stage < 3; ++stage) y = run_stage(stage, y);
  y = max_pool2d(y, kHalving);
  for (std::size_t i = kStages[1][0]; i < kStages[1][1]; ++i) {
    y = modules_[i](y);
    if (i == kFirstAuxiliary) result.auxiliary1 = (*aux1_)(y);
    if (i == kSecondAuxiliary) result.auxiliary2 = (*aux2_)(y);
  }
  result.logits = classify(run_stage(4, y));
  return result;
}

}  // namespace fovea
