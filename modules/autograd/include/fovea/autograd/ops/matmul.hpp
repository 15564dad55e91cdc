// Matrix product.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
};

/// op(a) [M,K] times op(b) [K,N] = [M,N], where op transposes if asked; or the same of every pair of two batches of matrices,
/// [B,M,K] times [B,K,N] = [B,M,N].
Variable matmul(const Variable& a, const Variable& b, MatmulOptions options = {});

}  // namespace fovea
