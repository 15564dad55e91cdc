// Batches of probabilities seen as regions: all pixels of a class, in one image or in the whole batch.
#pragma once

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Probabilities [N, ..., classes] are `groups` runs (images, or one for all) of `pixels` rows of `classes` values.
struct RegionShape {
  std::int64_t groups, pixels, classes;
};

inline RegionShape regions_of(const Shape& probabilities, bool per_image) {
  const std::int64_t classes = probabilities.at(-1), rows = probabilities.numel() / classes;
  const std::int64_t groups = per_image ? probabilities[0] : 1;
  return {groups, groups == 0 ? 0 : rows / groups, classes};
}

}  // namespace fovea
