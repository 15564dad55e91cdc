// Dropout of more than single elements.
#pragma once

#include "fovea/autograd/variable.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

// As in dropout(), what is kept is divided by 1 - probability, masks are named by `stream`'s next value, and OptionError is thrown unless
// 0 <= probability < 1.

/// x [N, ..., C]: zeroes whole channels of single samples (Tompson et al. 2015, section 3.2). Neighbouring pixels say much the same, so
/// that dropping single ones would drop little.
Variable spatial_dropout(const Variable& x, double probability, RandomStream& stream);

enum class StochasticDepthMode {
  row,   ///< every sample is dropped or kept for itself
  batch  ///< all together
};

/// x [N, ...]: zeroes whole samples, for the branches of residual blocks (Huang et al. 2016, section 3).
Variable stochastic_depth(const Variable& x, double probability, StochasticDepthMode mode, RandomStream& stream);

}  // namespace fovea
