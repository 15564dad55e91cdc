// Reproducible test data.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fovea/base/random.hpp"

namespace fovea::test {

/// `count` values uniform in [-1, 1).
template <class T>
std::vector<T> random_values(std::int64_t count, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(stream.uniform(-1, 1));
  return values;
}

/// `count` integers in [-4, 4]: sums of their products are exact in f32, so every order of summation gives the same bits.
template <class T>
std::vector<T> integer_values(std::int64_t count, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(static_cast<std::int64_t>(stream.below(9)) - 4);
  return values;
}

}  // namespace fovea::test
