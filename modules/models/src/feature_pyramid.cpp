#include "fovea/models/feature_pyramid.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kMostExtraLevels = 8;

}  // namespace

FeaturePyramid::FeaturePyramid(const std::vector<FeatureMapShape>& inputs, const FeaturePyramidOptions& o) {
  if (inputs.empty()) throw OptionError("[feature_pyramid] there are no feature maps to begin with");
  if (o.channels < 1) throw OptionError(fmt::format("[feature_pyramid] channels is at least 1, found {}", o.channels));
  if (o.extra_levels < 0 || o.extra_levels > kMostExtraLevels)
    throw OptionError(fmt::format("[feature_pyramid] extra levels are 0 to {}, found {}", kMostExtraLevels, o.extra_levels));
  register_module("lateral", lateral_);
  register_module("output", output_);
  for (const FeatureMapShape& input : inputs) {
    lateral_.emplace<ConvNorm>(input.channels, o.channels, ConvNormOptions{.kernel = 1, .activation = o.activation});
    if (o.depthwise) {
      Sequential& pair = output_.emplace<Sequential>();
      pair.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.groups = o.channels, .activation = o.activation});
      pair.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.kernel = 1, .activation = o.activation});
    } else {
      output_.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.activation = o.activation});
    }
    shapes_.push_back({"pyramid." + std::to_string(shapes_.size()), input.stride, o.channels});
  }
  if (o.extra_levels > 0) register_module("extra", extra_);
  for (std::int64_t level = 0; level < o.extra_levels; ++level) {
    const std::int64_t channels = level == 0 ? inputs.back().channels : o.channels;
    extra_.emplace<ConvNorm>(channels, o.channels, ConvNormOptions{.stride = 2, .activation = o.activation});
    shapes_.push_back({"pyramid." + std::to_string(shapes_.size()), 2 * shapes_.back().stride, o.channels});
  }
}

FeatureMaps FeaturePyramid::forward(const FeatureMaps& maps) {
  if (maps.size() != lateral_.size())
    throw ShapeError(fmt::format("[feature_pyramid] expected {} feature maps, found {}", lateral_.size(), maps.size()));
  FeatureMaps results(maps.size());
  Variable coarser;
  for (std::size_t level = maps.size(); level-- > 0;) {
    Variable merged = lateral_.forward_range(maps[level].tensor, level, level + 1);
    if (coarser.defined()) {
      const Extent2 size{merged.extent(1), merged.extent(2)};
      merged = std::move(merged) + resize2d(coarser, size, {.interpolation = Interpolation::nearest});
    }
    results[level] = {shapes_[level], output_.forward_range(merged, level, level + 1)};
    coarser = std::move(merged);
  }
  coarser = maps.back().tensor;
  for (std::size_t level = 0; level < extra_.size(); ++level) {
    coarser = extra_.forward_range(coarser, level, level + 1);
    results.push_back({shapes_[maps.size() + level], coarser});
  }
  return results;
}

}  // namespace fovea
