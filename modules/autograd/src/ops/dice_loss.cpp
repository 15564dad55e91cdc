#include "fovea/autograd/ops/dice_loss.hpp"

#include "fovea/autograd/ops/tversky_loss.hpp"

namespace fovea {

// (2 TP + s) / (2 TP + FP + FN + s) is (TP + s/2) / (TP + FP/2 + FN/2 + s/2).
Variable dice_loss(const Variable& probabilities, const Tensor& targets, const DiceLossOptions& options) {
  return tversky_loss(
      probabilities, targets,
      {.smooth = options.smooth / 2, .per_image = options.per_image, .reduction = options.reduction, .ignore_index = options.ignore_index});
}

}  // namespace fovea
