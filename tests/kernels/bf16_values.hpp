// Values of bf16 in tests, and shapes of products of matrices with gaps between their rows.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "fovea/base/bf16.hpp"
#include "fovea/kernels/matmul.hpp"

namespace fovea::test {

inline std::vector<bf16> rounded(const std::vector<float>& values) {
  std::vector<bf16> result;
  for (const float value : values) result.emplace_back(value);
  return result;
}
inline std::vector<double> wide(const std::vector<bf16>& values) {
  std::vector<double> result;
  for (const bf16 value : values) result.push_back(static_cast<double>(static_cast<float>(value)));
  return result;
}

/// Each is what the exact result is rounded to.
inline void expect_equal(const std::vector<bf16>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_EQ(static_cast<float>(actual[i]), static_cast<float>(bf16(expected[i]))) << "element " << i;
}

/// Rows of a are 3 elements longer than they need be, those of b 1, those of y `y_gap`.
inline kernels::MatmulShape matmul_shape(std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_a, bool transpose_b,
                                         std::int64_t y_gap = 0) {
  return {.m = m,
          .n = n,
          .k = k,
          .transpose_a = transpose_a,
          .transpose_b = transpose_b,
          .a_stride = (transpose_a ? m : k) + 3,
          .b_stride = (transpose_b ? k : n) + 1,
          .y_stride = n + y_gap};
}

}  // namespace fovea::test
