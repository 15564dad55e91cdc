// Between scores and probabilities, one number at a time.
#pragma once

#include <cmath>

namespace fovea {

/// 1 / (1 + exp(-x))
template <class T>
T sigmoid_of(T x) {
  return 1 / (1 + std::exp(-x));
}

/// Its inverse: infinite at 0 and 1.
inline double logit_of(double probability) { return std::log(probability / (1 - probability)); }

}  // namespace fovea
