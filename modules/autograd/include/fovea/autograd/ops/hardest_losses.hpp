// Online hard example mining: training on what is still wrong.
#pragma once

#include <cstdint>
#include <limits>

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct HardestLossesOptions {
  std::int64_t keep = 0;                                       ///< at least so many of the largest losses are kept ...
  double keep_fraction = 0;                                    ///< ... and at least this share of all, rounded up
  double threshold = std::numeric_limits<double>::infinity();  ///< and every loss of at least this
  /// `mean` is over the kept ones; `none` keeps the shape, with 0 for what is not kept.
  Reduction reduction = Reduction::mean;
};

/// The largest of the losses (of any shape, computed with Reduction::none); the others get no gradient. Of equal losses the first ones are
/// kept. Shrivastava, Gupta and Girshick 2016; with a threshold as is usual in segmentation. Throws OptionError when the options
/// keep nothing or are out of range.
Variable hardest_losses(const Variable& losses, const HardestLossesOptions& options);

}  // namespace fovea
