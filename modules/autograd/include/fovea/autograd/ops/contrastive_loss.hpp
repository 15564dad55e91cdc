// Pairs of descriptors: near if they belong together, apart if not.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct ContrastiveLossOptions {
  double margin = 1;  ///< the distance that pairs apart should have, positive
  Reduction reduction = Reduction::mean;
};

/// With d = |a_i - b_i| (Euclidean) per row of a and b [N, D]: d^2 / 2 for pairs with same_i != 0, else max(0, margin - d)^2 / 2; `same` is
/// i64 [N]. Both get gradients; pairs apart that coincide (d = 0) get none, having no direction. Hadsell, Chopra and LeCun 2006, eq. 4.
/// Throws ShapeError on unfitting shapes.
Variable contrastive_loss(const Variable& a, const Variable& b, const Tensor& same, const ContrastiveLossOptions& options = {});

}  // namespace fovea
