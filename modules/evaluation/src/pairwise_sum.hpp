// Sums in numpy's order, so that means have numpy's bits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace fovea {

/// Eight interleaved sums over at most 128 values; longer spans are halved (numpy/core/src/umath, pairwise sum).
inline double pairwise_sum(std::span<const double> values) {
  constexpr std::size_t kLanes = 8, kBlock = 128;
  const std::size_t n = values.size();
  if (n > kBlock) {
    const std::size_t half = n / 2 - n / 2 % kLanes;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  double sum = 0;
  std::size_t i = 0;
  if (n >= kLanes) {
    std::array<double, kLanes> lane{};
    for (; i < n - n % kLanes; i += kLanes)
      for (std::size_t j = 0; j < kLanes; ++j) lane[j] = i == 0 ? values[j] : lane[j] + values[i + j];
    sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  }
  for (; i < n; ++i) sum += values[i];
  return sum;
}

/// numpy.sum of a contiguous array: it passes through a buffer of 8192 values, whose sums are added one after the other.
inline double numpy_sum(std::span<const double> values) {
  constexpr std::size_t kBuffer = 8192;
  double sum = 0;
  for (; !values.empty(); values = values.subspan(std::min(kBuffer, values.size())))
    sum += pairwise_sum(values.first(std::min(kBuffer, values.size())));
  return sum;
}

}  // namespace fovea
