// Weights that are computed from their names, on this side and by tests/golden/make_network_goldens.py, so that no file holds them; and
// comparisons of what networks make of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea::test {

using Numbers = std::vector<double>;

/// The generator's uniform(): element `index` of the tensor whose name has this salt.
inline double uniform(std::uint32_t salt, std::int64_t index) {
  std::uint32_t x = static_cast<std::uint32_t>(index) + salt;
  x = (x ^ (x >> 16)) * 0x85EBCA6B;
  x = (x ^ (x >> 13)) * 0xC2B2AE35;
  return ((x ^ (x >> 16)) >> 8) / 16777216.0;
}

inline std::uint32_t salt_of(const std::string& name) {
  std::uint32_t salt = 0x811C9DC5;
  for (const char c : name) salt = (salt ^ static_cast<unsigned char>(c)) * 0x01000193;
  return salt;
}

/// The generator's value_of(): `shape` is the file's.
inline Tensor value_of(const std::string& name, const Shape& shape) {
  double scale = shape.rank() > 1 ? std::sqrt(6 / static_cast<double>(shape.numel() / shape[0])) : 0, offset = 0;  // of 2 u - 1
  if (name == "image") {
    scale = 1;
  } else if (name.ends_with("bias") || name.ends_with("running_mean")) {
    scale = 0.1;
  } else if (name.ends_with("running_var") || shape.rank() == 1) {
    scale = 0.5;
    offset = 1;
  }
  const std::uint32_t salt = salt_of(name);
  Tensor result = Tensor::empty(shape);
  float* values = result.mutable_data<float>();
  for (std::int64_t i = 0; i < shape.numel(); ++i) values[i] = static_cast<float>((2 * uniform(salt, i) - 1) * scale + offset);
  return result;
}

inline void fill(Module& network) {
  for (const StateEntry& entry : network.state_dict()) {
    if (!is_floating(entry.tensor.dtype())) continue;
    const Shape shape = file_shape(entry.tensor.shape(), entry.layout);
    Tensor(entry.tensor).copy_(from_file(value_of(entry.name, shape), entry.layout));
  }
}

inline void expect_near(const Numbers& actual, const Numbers& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  ASSERT_GT(largest, 0);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance * largest) << "element " << i;
}

inline Numbers numbers_of(const Tensor& tensor) { return tensor.to(DType::f64).to_vector<double>(); }

inline double norm_of(const Tensor& tensor) {
  double squares = 0;
  for (const double value : numbers_of(tensor)) squares += value * value;
  return std::sqrt(squares);
}

}  // namespace fovea::test
