// Descriptors: nearer to what belongs to them than to what does not.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct TripletLossOptions {
  double margin = 1;      ///< by which the negative should be farther away, positive
  double epsilon = 1e-6;  ///< added to every difference, so that equal rows have a direction
  Reduction reduction = Reduction::mean;
};

/// Per row of anchors, positives and negatives [N, D]: max(0, d(a, p) - d(a, n) + margin) with the Euclidean distance
/// d(x, y) = |x - y + epsilon|. All three get gradients. Schroff, Kalenichenko and Philbin 2015, eq. 2 (there with squared distances); as
/// Balntas et al. 2016. Throws ShapeError on unfitting shapes.
Variable triplet_loss(const Variable& anchor, const Variable& positive, const Variable& negative, const TripletLossOptions& options = {});

}  // namespace fovea
