// What networks for pixels on a backbone have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"
#include "fovea/models/backbone.hpp"

namespace fovea {

/// The maps of the backbone from the stride `finest` on. Throws OptionError "[network] ..." when there are none.
std::vector<FeatureMapShape> require_maps(const char* network, const Backbone& backbone, std::int64_t finest);

/// `x` bilinearly of that size, where it is not: maps of backbones that round in other ways than to H / stride.
Variable of_size(const Variable& x, Extent2 size);

}  // namespace fovea
