#include "segmentation_parts.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

std::vector<FeatureMapShape> require_maps(const char* network, const Backbone& backbone, std::int64_t finest) {
  std::vector<FeatureMapShape> maps = backbone.output_shape(finest);
  if (!maps.empty()) return maps;
  const std::vector<FeatureMapShape> all = backbone.output_shape(1);
  throw OptionError(fmt::format("[{}] expected a backbone with a map of stride {} or more, found one whose coarsest has {}", network,
                                finest, all.empty() ? 0 : all.back().stride));
}

Variable of_size(const Variable& x, Extent2 size) { return Extent2{x.extent(1), x.extent(2)} == size ? x : resize2d(x, size); }

}  // namespace fovea
