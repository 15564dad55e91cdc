#include "fovea/models/extra_maps.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/l2_normalize.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

namespace {

constexpr double kSmallestLength = 1e-10;  // of a vector that is divided by its length

/// Convolution, norm if there are any, ReLU.
void add_layer(Sequential& row, std::int64_t inputs, std::int64_t outputs, Conv2dOptions convolution, bool norm) {
  convolution.bias = !norm;
  row.emplace<Conv2d>(inputs, outputs, convolution);
  if (norm)
    row.emplace<BatchNorm2d>(outputs, BatchNormOptions{.relu = true});
  else
    row.emplace<Relu>();
}

void add_map(Sequential& row, std::int64_t inputs, const ExtraMap& map, const ExtraMapsOptions& o) {
  const std::int64_t squeezed = map.channels / 2;
  Conv2dOptions large{.kernel = 3, .stride = map.padded ? 2 : 1, .padding = map.padded ? 1 : 0};
  add_layer(row, inputs, squeezed, {.kernel = 1}, o.norm);
  if (!o.depthwise) return add_layer(row, squeezed, map.channels, large, o.norm);
  large.groups = squeezed;
  add_layer(row, squeezed, squeezed, large, o.norm);
  add_layer(row, squeezed, map.channels, {.kernel = 1}, o.norm);
}

}  // namespace

ExtraMaps::ExtraMaps(const std::vector<FeatureMapShape>& inputs, const ExtraMapsOptions& options) : options_(options), shapes_(inputs) {
  if (inputs.empty()) throw OptionError("[extra_maps] there are no feature maps to begin with");
  register_module("extra", extra_);
  if (options.first_length > 0) register_parameter("scale", Tensor::full({inputs[0].channels}, options.first_length), scale);
  for (const ExtraMap& map : options.maps) {
    if (map.channels < 2) throw OptionError(fmt::format("[extra_maps] a map has at least 2 channels, found {}", map.channels));
    const FeatureMapShape before = shapes_.back();
    Sequential& row = extra_.emplace<Sequential>();
    add_map(row, before.channels, map, options);
    const std::int64_t stride = map.nominal_stride > 0 ? map.nominal_stride : 2 * before.stride;
    shapes_.push_back({"extra." + std::to_string(shapes_.size() - inputs.size()), stride, map.channels});
  }
}

void ExtraMaps::reset_parameters(RandomStream&) {
  if (!scale.defined()) return;
  Tensor factors = scale.value();
  factors.copy_(Tensor::full(factors.shape(), options_.first_length, factors.dtype()));
}

FeatureMaps ExtraMaps::forward(const FeatureMaps& maps) {
  if (maps.size() + extra_.size() != shapes_.size())
    throw ShapeError(fmt::format("[extra_maps] expected {} feature maps, found {}", shapes_.size() - extra_.size(), maps.size()));
  FeatureMaps all = maps;
  for (std::size_t i = 0; i < extra_.size(); ++i)
    all.push_back({shapes_[maps.size() + i], extra_.forward_range(all.back().tensor, i, i + 1)});
  if (scale.defined()) all.front().tensor = l2_normalize(all.front().tensor, kSmallestLength) * scale;
  return all;
}

ExtraMapsOptions ssd300_extra_maps() {
  return {.maps = {{.channels = 512, .nominal_stride = 32},
                   {.channels = 256, .nominal_stride = 64},
                   {.channels = 256, .padded = false, .nominal_stride = 100},
                   {.channels = 256, .padded = false, .nominal_stride = 300}},
          .norm = false,
          .first_length = 20};
}

}  // namespace fovea
