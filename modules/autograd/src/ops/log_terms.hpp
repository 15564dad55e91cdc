// Exponentials and logarithms as losses need them: without overflow, and exact where they vanish.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fovea {

/// log(1 + e^x)
template <class T>
T softplus(T x) {
  return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
}

/// 1 / (1 + e^-x)
template <class T>
T sigmoid_of(T x) {
  const T small = std::exp(-std::abs(x));
  return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/// The logarithm of the sum of e^x over a row.
template <class T>
T log_sum_exp(const T* x, std::int64_t count) {
  const T largest = *std::max_element(x, x + count);
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += std::exp(x[i] - largest);
  return largest + static_cast<T>(std::log(sum));
}

/// base^exponent for base >= 0; the usual squares without pow().
template <class T>
T power(T base, double exponent) {
  if (exponent == 0) return 1;
  if (exponent == 1) return base;
  return exponent == 2 ? base * base : static_cast<T>(std::pow(base, static_cast<T>(exponent)));
}

}  // namespace fovea
