// Logistic loss of signed labels.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// log(1 + e^(-c x)) by element for signs c of +1 and -1 (of the scores' shape and type), averaged over the elements. Natural logarithm;
/// the binary cross-entropy with labels 1 and 0. Throws ShapeError on unfitting shapes.
Variable logistic_loss(const Variable& scores, const Tensor& signs, Reduction reduction = Reduction::mean);

}  // namespace fovea
