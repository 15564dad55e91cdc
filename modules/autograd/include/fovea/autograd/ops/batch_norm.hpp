// Batch normalisation (Ioffe and Szegedy 2015), alone and with what follows it.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

struct BatchNormResult {
  Variable output;
  Tensor mean;      ///< of the batch, [C]
  Tensor variance;  ///< of the batch, biased (1/M), [C]
};

/// x [..., C]: each channel is shifted and scaled to mean 0 and variance 1 over all other axes, then y = gamma * x_hat + beta.
/// gamma and beta are [C]; with x in bf16 they and the statistics are f32, and y is bf16. Throws ShapeError when a channel has no elements.
BatchNormResult batch_norm(const Variable& x, const Variable& gamma, const Variable& beta, double epsilon = 1e-5);

/// The same with given statistics (evaluation mode): they are constants for the gradient.
Variable batch_norm_fixed(const Variable& x, const Variable& gamma, const Variable& beta, const Tensor& mean, const Tensor& variance,
                          double epsilon = 1e-5);

/// relu(batch_norm(x) + residual) as one operation, as residual networks apply it (He et al. 2016, figure 2); `residual`, like x, may be
/// undefined for none. Keeps x and the statistics for its backward pass, and with a residual the result. Without one, nobody who reads
/// the result in a backward pass keeps it: it is computed again from x.
BatchNormResult batch_norm_activation(const Variable& x, const Variable& gamma, const Variable& beta, const Variable& residual = {},
                                      double epsilon = 1e-5);

/// The same with given statistics.
Variable batch_norm_activation_fixed(const Variable& x, const Variable& gamma, const Variable& beta, const Tensor& mean,
                                     const Tensor& variance, const Variable& residual = {}, double epsilon = 1e-5);

}  // namespace fovea
