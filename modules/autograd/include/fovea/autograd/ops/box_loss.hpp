// The overlap of boxes as a loss.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"
#include "fovea/kernels/box_overlap.hpp"

namespace fovea {

using kernels::BoxOverlap;

struct BoxLossOptions {
  BoxOverlap overlap = BoxOverlap::ciou;
  Reduction reduction = Reduction::mean;  ///< over boxes
};

/// 1 - overlap(boxes[i], targets[i]) for boxes x1 y1 x2 y2, [..., 4] both, of one shape (ShapeError) and type;
/// kernels/box_overlap_formula.hpp has the formulas and their sources. Both get gradients, of what is computed: ciou's weight of the
/// aspects is differentiated too, which the paper's authors leave out. IoU has no gradient where boxes are apart; an inverted box counts as
/// one without area.
Variable box_loss(const Variable& boxes, const Variable& targets, const BoxLossOptions& options = {});

}  // namespace fovea
