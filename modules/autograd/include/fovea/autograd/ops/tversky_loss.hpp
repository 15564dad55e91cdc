// Overlap of predicted and true regions, with weights for what is too much and what is missing.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct TverskyLossOptions {
  double alpha = 0.5;      ///< the weight of false positives ...
  double beta = 0.5;       ///< ... and of false negatives; both 0.5: Dice, both 1: Jaccard (IoU)
  double smooth = 1;       ///< added to both sides of the quotient; 0 makes regions that are empty in both a loss of 0
  bool per_image = false;  ///< regions of every image, instead of those of the whole batch
  /// `mean` is over the regions (class, or image and class); `none` is [classes], or [N, classes] per image.
  Reduction reduction = Reduction::mean;
  /// Pixels with this target do not count (targets of class indices only).
  std::int64_t ignore_index = -100;
};

/// Per class 1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth) with TP = sum of p t, FP = sum of p (1 - t), FN = sum of (1 - p) t over
/// probabilities p [N, ..., classes] (softmax or sigmoid) and targets t: i64 class indices of the leading shape, or values in [0, 1] of the
/// probabilities' shape and type. Salehi, Erdogmus and Gholipour 2017, eq. 2. Throws ShapeError on unfitting shapes or a target
/// outside [0, classes), OptionError on negative weights.
Variable tversky_loss(const Variable& probabilities, const Tensor& targets, const TverskyLossOptions& options = {});

}  // namespace fovea
