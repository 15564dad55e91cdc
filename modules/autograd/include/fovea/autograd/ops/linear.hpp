// Fully connected layer.
#pragma once

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,I], weight [O,I], bias [O] or undefined: x weight^T + bias, [N,O]. With x in bf16, weight and bias are f32 and the result is bf16.
/// Runs as the 1x1 convolution of an image of one row with N pixels, so that inference keeps its weights packed in `cache`.
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {}, PackedFilterCache* cache = nullptr);

}  // namespace fovea
