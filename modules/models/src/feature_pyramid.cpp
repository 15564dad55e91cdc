#include "fovea/models/feature_pyramid.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

FeaturePyramid::FeaturePyramid(const std::vector<FeatureMapShape>& inputs, const FeaturePyramidOptions& o) {
  if (inputs.empty()) throw OptionError("[feature_pyramid] there are no feature maps to begin with");
  if (o.channels < 1) throw OptionError(fmt::format("[feature_pyramid] channels is at least 1, found {}", o.channels));
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
}

FeatureMaps FeaturePyramid::forward(const FeatureMaps& maps) {
  if (maps.size() != shapes_.size())
    throw ShapeError(fmt::format("[feature_pyramid] expected {} feature maps, found {}", shapes_.size(), maps.size()));
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
  return results;
}

}  // namespace fovea
