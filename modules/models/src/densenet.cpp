#include "fovea/models/densenet.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/pool2d.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kBottleneck = 4;  // the 1x1 convolutions give so many times the growth (section 3, "Bottleneck layers")

class DenseLayer final : public Layer {
 public:
  DenseLayer(std::int64_t in_channels, std::int64_t growth, double dropout)
      : norm1_(in_channels, {.relu = true}),
        conv1_(in_channels, kBottleneck * growth, {.kernel = 1, .bias = false}),
        norm2_(kBottleneck * growth, {.relu = true}),
        conv2_(kBottleneck * growth, growth, {.kernel = 3, .padding = 1, .bias = false}),
        dropout_(dropout) {
    register_module("norm1", norm1_);
    register_module("conv1", conv1_);
    register_module("norm2", norm2_);
    register_module("conv2", conv2_);
    register_module("dropout", dropout_);
  }
  Variable forward(const Variable& x) override { return dropout_(conv2_(norm2_(conv1_(norm1_(x))))); }

 private:
  BatchNorm2d norm1_;
  Conv2d conv1_;
  BatchNorm2d norm2_;
  Conv2d conv2_;
  Dropout dropout_;
};

class DenseBlock final : public Layer {
 public:
  DenseBlock(std::int64_t in_channels, std::int64_t count, std::int64_t growth, double dropout) {
    for (std::int64_t i = 0; i < count; ++i) {
      layers_.push_back(std::make_unique<DenseLayer>(in_channels + i * growth, growth, dropout));
      register_module(fmt::format("denselayer{}", i + 1), *layers_.back());
    }
  }
  Variable forward(const Variable& x) override {
    Variable y = x;
    for (const auto& layer : layers_) y = concat({y, layer->forward(y)});
    return y;
  }

 private:
  std::vector<std::unique_ptr<DenseLayer>> layers_;
};

class Transition final : public Layer {
 public:
  Transition(std::int64_t in_channels, std::int64_t out_channels)
      : norm_(in_channels, {.relu = true}), conv_(in_channels, out_channels, {.kernel = 1, .bias = false}) {
    register_module("norm", norm_);
    register_module("conv", conv_);
  }
  Variable forward(const Variable& x) override { return average_pool2d(conv_(norm_(x)), {.window = 2, .stride = 2}); }

 private:
  BatchNorm2d norm_;
  Conv2d conv_;
};

const DenseNetOptions& checked(const DenseNetOptions& o) {
  require_numbers("densenet", "blocks", o.blocks, 0, kMostBlocks);
  require_positive("densenet", "the growth", o.growth);
  return o;
}

}  // namespace

DenseNetOptions densenet_options(int depth) {
  switch (depth) {
    case 121:
      return {.blocks = {6, 12, 24, 16}};
    case 161:
      return {.growth = 48, .stem = 96, .blocks = {6, 12, 36, 24}};
    case 169:
      return {.blocks = {6, 12, 32, 32}};
    case 201:
      return {.blocks = {6, 12, 48, 32}};
    default:
      throw OptionError(fmt::format("[densenet] the depth is 121, 161, 169 or 201, found {}", depth));
  }
}

DenseNet::DenseNet(const DenseNetOptions& o) : Backbone("densenet", o.classes) {
  std::int64_t channels = checked(o).stem, stride = 2;
  const auto end_stage = [&](std::string name) {
    ends_.push_back(features_.size());
    add_stage({"features." + std::move(name), stride, channels});
    stride *= 2;
  };
  features_.emplace_named<Conv2d>("conv0", o.channels, channels, Conv2dOptions{.kernel = 7, .stride = 2, .padding = 3, .bias = false});
  features_.emplace_named<BatchNorm2d>("norm0", channels, BatchNormOptions{.relu = true});
  end_stage("norm0");
  features_.emplace_named<MaxPool2d>("pool0", Pool2dGeometry{.window = 3, .stride = 2, .padding = 1});
  for (std::size_t block = 0; block < o.blocks.size(); ++block) {
    const bool is_last = block + 1 == o.blocks.size();
    const std::string name = fmt::format("denseblock{}", block + 1);
    features_.emplace_named<DenseBlock>(name, channels, o.blocks[block], o.growth, o.dropout);
    channels += o.blocks[block] * o.growth;
    if (is_last) features_.emplace_named<BatchNorm2d>(fmt::format("norm{}", o.blocks.size() + 1), channels, BatchNormOptions{.relu = true});
    end_stage(name);
    if (is_last) continue;
    features_.emplace_named<Transition>(fmt::format("transition{}", block + 1), channels, channels / 2);
    channels /= 2;
  }
  register_module("features", features_);
  if (!has_classifier()) return;
  classifier_.emplace(channels, o.classes);
  register_module("classifier", *classifier_);
}

Variable DenseNet::run_stage(std::size_t stage, const Variable& x) {
  return features_.forward_range(x, stage == 0 ? 0 : ends_[stage - 1], ends_[stage]);
}

Variable DenseNet::classify(const Variable& features) { return (*classifier_)(global_average_pool2d(features)); }

}  // namespace fovea
