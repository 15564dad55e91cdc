#include "fovea/nn/normalization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

void check_options(const char* layer, const NormOptions& options) {
  if (!(options.epsilon > 0) || !std::isfinite(options.epsilon))
    throw OptionError(fmt::format("[{}] epsilon is greater than 0, found {}", layer, options.epsilon));
}

void check_channels(const char* layer, const Variable& x, std::int64_t channels) {
  if (x.defined() && (x.shape().rank() < 1 || x.shape().at(-1) != channels))
    throw ShapeError(fmt::format("[{}] expected {} channels, found an input {}", layer, channels, x.shape().to_string()));
}

void reset(Variable& weight, Variable& bias) {
  if (!weight.defined()) return;
  Tensor(weight.value()).fill_(1);
  Tensor(bias.value()).fill_(0);
}

}  // namespace

LayerNorm::LayerNorm(const Shape& normalized, const NormOptions& options) : normalized_(normalized), options_(options) {
  check_options("layer_norm", options);
  if (normalized.rank() < 1 || normalized.numel() < 1)
    throw OptionError(fmt::format("[layer_norm] wants at least one axis and one element, found {}", normalized.to_string()));
  if (!options.affine) return;
  register_parameter("weight", Tensor::full(normalized, 1), weight);
  register_parameter("bias", Tensor::zeros(normalized), bias);
}

Variable LayerNorm::forward(const Variable& x) {
  if (x.defined() &&
      (x.shape().rank() < normalized_.rank() || !std::equal(normalized_.begin(), normalized_.end(), x.shape().end() - normalized_.rank())))
    throw ShapeError(fmt::format("[layer_norm] expected an input [..., {}], found {}", normalized_.to_string(), x.shape().to_string()));
  return layer_norm(x, weight, bias, {.axes = normalized_.rank(), .epsilon = options_.epsilon});
}

void LayerNorm::reset_parameters(RandomStream&) { reset(weight, bias); }

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, const NormOptions& options)
    : groups_(groups), channels_(channels), options_(options) {
  check_options("group_norm", options);
  if (groups < 1 || channels < 1 || channels % groups != 0)
    throw OptionError(fmt::format("[group_norm] the groups divide the channels, found {} groups and {} channels", groups, channels));
  if (!options.affine) return;
  register_parameter("weight", Tensor::full({channels}, 1), weight);
  register_parameter("bias", Tensor::zeros({channels}), bias);
}

Variable GroupNorm::forward(const Variable& x) {
  check_channels("group_norm", x, channels_);
  return group_norm(x, groups_, weight, bias, options_.epsilon);
}

void GroupNorm::reset_parameters(RandomStream&) { reset(weight, bias); }

InstanceNorm2d::InstanceNorm2d(std::int64_t channels, const NormOptions& options) : channels_(channels), options_(options) {
  check_options("instance_norm", options);
  if (channels < 1) throw OptionError(fmt::format("[instance_norm] at least one channel, found {}", channels));
  if (!options.affine) return;
  register_parameter("weight", Tensor::full({channels}, 1), weight);
  register_parameter("bias", Tensor::zeros({channels}), bias);
}

Variable InstanceNorm2d::forward(const Variable& x) {
  check_channels("instance_norm", x, channels_);
  return instance_norm(x, weight, bias, options_.epsilon);
}

void InstanceNorm2d::reset_parameters(RandomStream&) { reset(weight, bias); }

}  // namespace fovea
