// Dice overlap of predicted and true regions.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct DiceLossOptions {
  double smooth = 1;       ///< added to both sides of the quotient; 0 makes regions that are empty in both a loss of 0
  bool per_image = false;  ///< regions of every image, instead of those of the whole batch
  Reduction reduction = Reduction::mean;
  std::int64_t ignore_index = -100;
};

/// Per class 1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth): tversky_loss() with both weights 0.5, which see for the shapes.
/// Milletari, Navab and Ahmadi 2016, section 3 (there with squares in the denominator).
Variable dice_loss(const Variable& probabilities, const Tensor& targets, const DiceLossOptions& options = {});

}  // namespace fovea
