// Local response normalisation across channels (AlexNet, Krizhevsky et al. 2012, section 3.3).
#pragma once

#include <cstdint>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The defaults are torch's; AlexNet has size 5, alpha 5e-4 (1e-4 per neighbour), beta 0.75 and k 2.
struct LocalResponseNormOptions {
  std::int64_t size = 5;  ///< neighbouring channels, itself included: size / 2 below and (size - 1) / 2 above
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1;
};

/// x [..., C]: y_c = x_c / (k + alpha / size * sum of the neighbours' x^2)^beta, where channels that do not exist are zero. alpha is
/// divided by size as in torch and not as in the paper. f32 and f64. Throws OptionError for size < 1, alpha < 0 or k <= 0.
Variable local_response_norm(const Variable& x, const LocalResponseNormOptions& options = {});

}  // namespace fovea
