#include "fovea/pipelines/darknet_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/conv2d_epilogue.hpp"
#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/passthrough.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

namespace {

constexpr double kSlope = 0.1;      // of Darknet's leaky ReLU
constexpr double kEpsilon = 1e-6;   // of its norm, which adds it to the deviation: the same within 1e-6 for variances of order 1
constexpr double kMomentum = 0.01;  // of its running statistics

Variable activated(Variable x, DarknetActivation activation) {
  switch (activation) {
    case DarknetActivation::linear:
      break;
    case DarknetActivation::leaky:
      return leaky_relu(std::move(x), kSlope);
    case DarknetActivation::relu:
      return relu(std::move(x));
    case DarknetActivation::mish:
      return mish(std::move(x));
    case DarknetActivation::logistic:
      return sigmoid(std::move(x));
    case DarknetActivation::swish:
      return silu(std::move(x));
  }
  return x;
}

/// What the convolution's kernel can do itself.
std::optional<kernels::Activation> fused(DarknetActivation activation) {
  switch (activation) {
    case DarknetActivation::linear:
      return kernels::Activation::none;
    case DarknetActivation::leaky:
      return kernels::Activation::leaky_relu;
    case DarknetActivation::relu:
      return kernels::Activation::relu;
    default:
      return std::nullopt;
  }
}

/// A convolution that does the norm behind it too, its factors rounded into the filter, as other engines do: filter weight / sqrt(var +
/// epsilon), bias beta - mean weight / sqrt(var + epsilon).
struct FoldedConvolution {
  Variable filter, bias;
  std::vector<std::uint64_t> made_of;  // versions of what it was computed from
};

std::vector<std::uint64_t> versions_of(const Conv2d& conv, const BatchNorm2d& norm) {
  std::vector<std::uint64_t> versions;
  for (const Tensor& tensor : {conv.weight.value(), norm.weight.value(), norm.bias.value(), norm.running_mean, norm.running_var}) {
    versions.push_back(tensor.storage().version());
    versions.push_back(reinterpret_cast<std::uintptr_t>(tensor.raw_data()));
  }
  return versions;
}

FoldedConvolution fold(const Conv2d& conv, const BatchNorm2d& norm) {
  const std::int64_t channels = norm.running_mean.numel(), weights = conv.weight.value().numel() / channels;
  Tensor filter = conv.weight.value().clone(), bias = Tensor::empty({channels});
  const float *mean = norm.running_mean.data<float>(), *variance = norm.running_var.data<float>();
  const float *gamma = norm.weight.value().data<float>(), *beta = norm.bias.value().data<float>();
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto factor = static_cast<float>(gamma[c] / std::sqrt(variance[c] + kEpsilon));
    for (std::int64_t i = 0; i < weights; ++i) filter.mutable_data<float>()[c * weights + i] *= factor;
    bias.mutable_data<float>()[c] = static_cast<float>(beta[c] - double{mean[c]} * factor);
  }
  return {.filter = Variable(std::move(filter)), .bias = Variable(std::move(bias)), .made_of = versions_of(conv, norm)};
}

// --- layers without parameters ----------------------------------------------------------------------------------------------------

Variable softmax_of(const Variable& x, const DarknetSoftmax& l) {
  const std::int64_t n = x.extent(0), h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const Variable groups = reshape(permute(x, {0, 3, 1, 2}), {n, l.groups, h * w * c / l.groups});
  const Variable result = softmax(l.temperature == 1 ? groups : affine(groups, 1 / l.temperature));
  return permute(reshape(result, {n, c, h, w}), {0, 2, 3, 1});
}

Variable pooled(const Variable& x, const DarknetMaxpool& l) {
  const std::int64_t before = l.padding / 2, behind = l.padding - before;
  return max_pool2d(x, {.window = l.size, .stride = {l.step_y(), l.step_x()}, .padding = {before, behind, before, behind}});
}

Variable upsampled(const Variable& x, const DarknetUpsample& l) {
  const Variable large = resize2d(x, {x.extent(1) * l.stride, x.extent(2) * l.stride}, {.interpolation = Interpolation::nearest});
  return l.scale == 1 ? large : affine(large, l.scale);
}

template <class T>
bool is_a(const DarknetOperation& operation) {
  return std::holds_alternative<T>(operation);
}

bool is_decoded(const DarknetOperation& operation) {
  return is_a<DarknetYolo>(operation) || is_a<DarknetRegion>(operation) || is_a<DarknetDetection>(operation);
}

std::string output_name(const DarknetConfig& config, std::size_t layer) {
  return fmt::format("{}_{}", name_of(config.layers[layer].operation), layer);
}

std::string prefix_of(std::size_t layer) { return fmt::format("layers.{}.", layer); }

}  // namespace

// --- layers with parameters -------------------------------------------------------------------------------------------------------

class DarknetNetwork::Unit : public Module {
 public:
  /// `residual` may be undefined; only convolutions of linear activation get one. `fuses`: in as few passes as there are kernels for.
  virtual Variable run(const Variable& x, const Variable& residual, bool fuses) = 0;
};

class DarknetNetwork::ConvolutionUnit final : public Unit {
 public:
  ConvolutionUnit(const DarknetConvolutional& l, std::int64_t channels)
      : conv_(channels, l.filters,
              {.kernel = l.size,
               .stride = {l.step_y(), l.step_x()},
               .padding = l.border(),
               .dilation = l.dilation,
               .groups = l.groups,
               .bias = !l.batch_normalize}),
        activation_(l.activation) {
    register_module("conv", conv_);
    if (l.batch_normalize) register_module("norm", norm_.emplace(l.filters, BatchNormOptions{.epsilon = kEpsilon, .momentum = kMomentum}));
  }

  Variable run(const Variable& x, const Variable& residual, bool fuses) override {
    const RunningLayer running(conv_);
    if (!fuses || grad_enabled() || conv_.weight.dtype() != DType::f32) return run_in_parts(x, residual);
    const FoldedConvolution folded = norm_ ? folded_once() : FoldedConvolution{conv_.weight, conv_.bias, {}};
    Conv2dEpilogue end{.bias = folded.bias, .residual = residual, .slope = kSlope};
    const auto in_kernel = fused(activation_);
    end.activation = in_kernel.value_or(kernels::Activation::none);
    const Conv2dOptions& o = conv_.options();
    Variable y = conv2d_epilogue(x, folded.filter, end,
                                 {.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups}, &cache_);
    return in_kernel ? y : activated(std::move(y), activation_);
  }

 private:
  Variable run_in_parts(const Variable& x, const Variable& residual) {
    Variable y = conv_(x);
    if (norm_) y = (*norm_)(std::move(y));
    if (residual.defined()) y = std::move(y) + residual;
    return activated(std::move(y), activation_);
  }

  /// Computed again only when something that it was made of has changed.
  FoldedConvolution folded_once() {
    const std::lock_guard lock(mutex_);
    if (folded_.made_of != versions_of(conv_, *norm_)) folded_ = fold(conv_, *norm_);
    return folded_;
  }

  Conv2d conv_;
  std::optional<BatchNorm2d> norm_;
  DarknetActivation activation_;
  std::mutex mutex_;
  FoldedConvolution folded_;
  PackedFilterCache cache_;
};

class DarknetNetwork::ConnectedUnit final : public Unit {
 public:
  ConnectedUnit(const DarknetConnected& l, const DarknetShape& in)
      : linear_(in.size(), l.output, {.bias = !l.batch_normalize, .flattened = {in.height, in.width, in.channels}}),
        activation_(l.activation) {
    register_module("linear", linear_);
    if (l.batch_normalize) register_module("norm", norm_.emplace(l.output, BatchNormOptions{.epsilon = kEpsilon, .momentum = kMomentum}));
  }

  Variable run(const Variable& x, const Variable&, bool) override {
    Variable y = linear_(flatten(x));
    if (norm_) y = (*norm_)(std::move(y));
    return reshape(activated(std::move(y), activation_), {x.extent(0), 1, 1, -1});
  }

 private:
  Linear linear_;
  std::optional<BatchNorm2d> norm_;
  DarknetActivation activation_;
};

class DarknetNetwork::DropoutUnit final : public Unit {
 public:
  explicit DropoutUnit(const DarknetDropout& l) : dropout_(l.probability) { register_module("dropout", dropout_); }
  Variable run(const Variable& x, const Variable&, bool) override { return dropout_(x); }

 private:
  Dropout dropout_;
};

// --- the network ------------------------------------------------------------------------------------------------------------------

DarknetNetwork::DarknetNetwork(DarknetConfig config, const std::string& where)
    : config_(std::move(config)), shapes_(darknet_shapes(config_, where)) {
  for (std::size_t i = 0; i < config_.layers.size(); ++i) {
    const DarknetShape input = darknet_input(config_, shapes_, i);
    std::unique_ptr<Unit> unit;
    if (const auto* conv = std::get_if<DarknetConvolutional>(&config_.layers[i].operation))
      unit = std::make_unique<ConvolutionUnit>(*conv, input.channels);
    else if (const auto* connected = std::get_if<DarknetConnected>(&config_.layers[i].operation))
      unit = std::make_unique<ConnectedUnit>(*connected, input);
    else if (const auto* dropout = std::get_if<DarknetDropout>(&config_.layers[i].operation))
      unit = std::make_unique<DropoutUnit>(*dropout);
    if (unit) register_module(fmt::format("layers.{}", i), *unit);
    units_.push_back(std::move(unit));
  }
  plan();
}

DarknetNetwork::~DarknetNetwork() = default;

/// The layers whose results layer `layer` reads; -1 is the image.
std::vector<std::int64_t> DarknetNetwork::sources_of(std::size_t layer) const {
  const auto number = static_cast<std::int64_t>(layer);
  std::vector<std::int64_t> sources;
  const DarknetOperation& operation = config_.layers[layer].operation;
  if (const auto* route = std::get_if<DarknetRoute>(&operation)) {
    for (const std::int64_t index : route->layers) sources.push_back(darknet_layer_index(index, number));
    return sources;
  }
  sources.push_back(number - 1);
  if (const auto* shortcut = std::get_if<DarknetShortcut>(&operation))
    for (const std::int64_t index : shortcut->from) sources.push_back(darknet_layer_index(index, number));
  return sources;
}

/// When results are needed last, and which convolutions can add a shortcut's other operand themselves: those whose result nobody else
/// reads.
void DarknetNetwork::plan() {
  const std::size_t count = config_.layers.size();
  last_use_.assign(count, 0);
  residual_of_.assign(count, -1);
  is_summed_.assign(count, false);
  std::vector<int> readers(count, 0);
  for (std::size_t i = 0; i < count; ++i)
    for (const std::int64_t source : sources_of(i)) {
      if (source < 0) continue;
      last_use_[static_cast<std::size_t>(source)] = i;
      ++readers[static_cast<std::size_t>(source)];
    }
  for (std::size_t i = 1; i < count; ++i) {
    const auto* shortcut = std::get_if<DarknetShortcut>(&config_.layers[i].operation);
    if (shortcut == nullptr || shortcut->from.size() != 1) continue;
    std::size_t producer = i - 1;
    while (producer > 0 && is_a<DarknetDropout>(config_.layers[producer].operation) && readers[producer] == 1) --producer;
    const auto* conv = std::get_if<DarknetConvolutional>(&config_.layers[producer].operation);
    const std::int64_t added = darknet_layer_index(shortcut->from[0], static_cast<std::int64_t>(i));
    if (conv == nullptr || conv->activation != DarknetActivation::linear || readers[producer] != 1) continue;
    if (added >= static_cast<std::int64_t>(producer)) continue;
    residual_of_[producer] = added;
    is_summed_[i] = true;
  }
}

Variable DarknetNetwork::run_layer(std::size_t layer, const Variable& x, std::span<const Variable> results) {
  const auto result = [&](std::int64_t index) {
    return results[static_cast<std::size_t>(darknet_layer_index(index, static_cast<std::int64_t>(layer)))];
  };
  const bool fuses = fuses_ && !is_training();
  const DarknetOperation& operation = config_.layers[layer].operation;
  if (units_[layer]) {
    const std::int64_t residual = fuses ? residual_of_[layer] : -1;
    return units_[layer]->run(x, residual < 0 ? Variable() : results[static_cast<std::size_t>(residual)], fuses);
  }
  if (const auto* l = std::get_if<DarknetShortcut>(&operation)) {
    Variable sum = x;
    if (!fuses || !is_summed_[layer])
      for (const std::int64_t index : l->from) sum = sum + result(index);
    return activated(std::move(sum), l->activation);
  }
  if (const auto* l = std::get_if<DarknetRoute>(&operation)) {
    std::vector<Variable> parts;
    for (const std::int64_t index : l->layers) {
      const Variable whole = result(index);
      const std::int64_t channels = whole.extent(3) / l->groups;
      parts.push_back(l->groups == 1 ? whole : slice(whole, 3, l->group_id * channels, (l->group_id + 1) * channels));
    }
    return parts.size() == 1 ? parts.front() : concat(parts);
  }
  if (const auto* l = std::get_if<DarknetUpsample>(&operation)) return upsampled(x, *l);
  if (const auto* l = std::get_if<DarknetMaxpool>(&operation)) return pooled(x, *l);
  if (is_a<DarknetAvgpool>(operation)) return reshape(global_average_pool2d(x), {x.extent(0), 1, 1, x.extent(3)});
  if (const auto* l = std::get_if<DarknetSoftmax>(&operation)) return softmax_of(x, *l);
  if (const auto* l = std::get_if<DarknetReorg>(&operation)) return reorg(x, l->stride);
  if (is_a<DarknetDetection>(operation)) return flatten(permute(x, {0, 3, 1, 2}));
  return x;  // what is decoded elsewhere
}

std::vector<NamedVariable> DarknetNetwork::outputs(const Variable& x) {
  std::vector<NamedVariable> outputs;
  std::vector<Variable> results;
  for (std::size_t i = 0; i < config_.layers.size(); ++i) {
    results.push_back(run_layer(i, i == 0 ? x : results.back(), results));
    if (is_decoded(config_.layers[i].operation)) outputs.push_back({output_name(config_, i), results.back()});
    for (const std::int64_t source : sources_of(i))
      if (source >= 0 && last_use_[static_cast<std::size_t>(source)] == i) results[static_cast<std::size_t>(source)] = {};
  }
  if (outputs.empty()) outputs.push_back({"output", results.back()});
  return outputs;
}

Variable DarknetNetwork::forward(const Variable& x) { return outputs(x).back().value; }

std::vector<std::string> DarknetNetwork::output_names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < config_.layers.size(); ++i)
    if (is_decoded(config_.layers[i].operation)) names.push_back(output_name(config_, i));
  if (names.empty()) names.emplace_back("output");
  return names;
}

// --- weights ----------------------------------------------------------------------------------------------------------------------

namespace {

struct StateName {
  std::string name;
  Tensor DarknetLayerWeights::*member;
};

/// The tensors of a layer and their names in the network's state.
std::vector<StateName> state_names(const DarknetConfig& config, std::size_t layer) {
  const DarknetOperation& operation = config.layers[layer].operation;
  const auto* conv = std::get_if<DarknetConvolutional>(&operation);
  const auto* connected = std::get_if<DarknetConnected>(&operation);
  if (conv == nullptr && connected == nullptr) return {};
  using W = DarknetLayerWeights;
  const std::string norm = prefix_of(layer) + "norm.", product = prefix_of(layer) + (conv != nullptr ? "conv." : "linear.");
  const bool has_norm = conv != nullptr ? conv->batch_normalize : connected->batch_normalize;
  std::vector<StateName> names = {{product + "weight", &W::weights}, {(has_norm ? norm : product) + "bias", &W::bias}};
  if (has_norm)
    for (StateName& name :
         std::vector<StateName>{{norm + "weight", &W::scales}, {norm + "running_mean", &W::mean}, {norm + "running_var", &W::variance}})
      names.push_back(std::move(name));
  return names;
}

}  // namespace

std::vector<NamedTensor> darknet_state(const DarknetConfig& config, const DarknetWeights& weights) {
  std::vector<NamedTensor> tensors;
  for (std::size_t i = 0; i < config.layers.size(); ++i)
    for (const StateName& entry : state_names(config, i)) tensors.push_back({entry.name, weights.layers[i].*entry.member});
  return tensors;
}

DarknetWeights darknet_weights(const DarknetConfig& config, const StateDict& state) {
  DarknetWeights weights;
  weights.layers.resize(config.layers.size());
  for (std::size_t i = 0; i < config.layers.size(); ++i)
    for (const StateName& entry : state_names(config, i)) {
      const auto found = std::find_if(state.begin(), state.end(), [&](const StateEntry& e) { return e.name == entry.name; });
      if (found == state.end()) throw OptionError(fmt::format("the network has no {}", entry.name));
      weights.layers[i].*entry.member = to_file(found->tensor, found->layout);
    }
  return weights;
}

}  // namespace fovea
