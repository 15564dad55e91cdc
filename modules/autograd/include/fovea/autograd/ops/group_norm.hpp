// Normalisation within a sample: no statistics of the batch, so training and evaluation compute the same.
#pragma once

#include <cstdint>

#include "fovea/autograd/variable.hpp"

namespace fovea {

// gamma and beta may be left out together: then they are 1 and 0. With x in bf16 they are f32, and y is bf16. Variances are biased (1/M).
// Errors: ShapeError when shapes do not fit or there is nothing to take statistics of, OptionError for an epsilon that is not above 0.

/// x [N, ..., C]: mean 0 and variance 1 over all axes but the first and the channels of each of `groups` equal groups, then gamma * x_hat +
/// beta with gamma, beta [C] (Wu and He 2018, equations 1 to 6).
Variable group_norm(const Variable& x, std::int64_t groups, const Variable& gamma = {}, const Variable& beta = {}, double epsilon = 1e-5);

/// x [N, ..., C]: the same of every channel alone (Ulyanov et al. 2016).
Variable instance_norm(const Variable& x, const Variable& gamma = {}, const Variable& beta = {}, double epsilon = 1e-5);

struct LayerNormOptions {
  int axes = 1;  ///< how many of the last axes are normalised together; gamma and beta have their shape
  double epsilon = 1e-5;
};

/// x [..., D]: mean 0 and variance 1 over the last axes of every row, then gamma * x_hat + beta element by element (Ba et al. 2016,
/// equation 4).
Variable layer_norm(const Variable& x, const Variable& gamma = {}, const Variable& beta = {}, const LayerNormOptions& options = {});

}  // namespace fovea
