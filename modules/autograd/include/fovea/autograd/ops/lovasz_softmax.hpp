// A loss whose descent is that of the Jaccard index.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

struct LovaszSoftmaxOptions {
  bool per_image = false;            ///< the mean over images of their losses, instead of the loss of all pixels together
  bool only_present_classes = true;  ///< classes without a pixel of their own do not count
  std::int64_t ignore_index = -100;  ///< pixels with this target do not count
};

/// The mean over classes of the Lovasz extension of the Jaccard loss at the errors |[target = c] - p_c|, for probabilities
/// p [N, ..., classes] (softmax) and targets i64 of the leading shape: a scalar, 0 when nothing counts. Equal errors are ordered by
/// position. Berman, Rannen Triki and Blaschko 2018, eq. 11 and algorithm 1. Throws ShapeError on unfitting shapes or a target outside [0,
/// classes).
Variable lovasz_softmax(const Variable& probabilities, const Tensor& targets, const LovaszSoftmaxOptions& options = {});

}  // namespace fovea
