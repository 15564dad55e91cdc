// What the tests of the operations share: inputs, and comparisons that print what differs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "fovea/autograd/variable.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea::test {

/// f64 values uniform in [-1, 1).
inline Tensor uniform(const Shape& shape, std::uint64_t seed) { return Tensor::from(random_values<double>(shape.numel(), seed), shape); }

/// f64 values with no ties and none near zero.
inline Tensor distinct(const Shape& shape, std::uint64_t seed) { return Tensor::from(distinct_values(shape.numel(), seed), shape); }

/// f64 values in [-4, 4] without a fraction.
inline Tensor integers(const Shape& shape, std::uint64_t seed) { return Tensor::from(integer_values<double>(shape.numel(), seed), shape); }

inline Tensor f64(const std::vector<double>& values, const Shape& shape) { return Tensor::from(values, shape); }
inline Tensor f32(const std::vector<float>& values, const Shape& shape) { return Tensor::from(values, shape); }

inline std::vector<double> values_of(const Tensor& tensor) { return tensor.to(DType::f64).to_vector<double>(); }

namespace detail {

inline double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace detail

/// Shape equal, and every element within `tolerance` of `expected`, relative to the largest expected magnitude (at least 1).
inline testing::AssertionResult near(const Tensor& actual, const std::vector<double>& expected, const Shape& shape, double tolerance) {
  if (!actual.defined()) return testing::AssertionFailure() << "the tensor is undefined";
  if (actual.shape() != shape)
    return testing::AssertionFailure() << "shape " << actual.shape().to_string() << ", expected " << shape.to_string();
  const std::vector<double> values = values_of(actual);
  if (values.size() != expected.size()) return testing::AssertionFailure() << values.size() << " values, expected " << expected.size();
  const double scale = std::max(1.0, detail::largest_magnitude(expected));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(std::abs(values[i] - expected[i]) <= tolerance * scale))
      return testing::AssertionFailure() << "element " << i << " is " << values[i] << ", expected " << expected[i];
  return testing::AssertionSuccess();
}

inline testing::AssertionResult near(const Tensor& actual, const Tensor& expected, double tolerance) {
  return near(actual, values_of(expected), expected.shape(), tolerance);
}

/// Whether f, run in f32, gives the values and gradients that it gives in f64 at the same (f32-representable) inputs, within
/// `tolerance` of each tensor's largest magnitude (at least 1).
inline testing::AssertionResult f32_follows_f64(const VariableFunction& f, const std::vector<Tensor>& inputs, double tolerance = 2e-6) {
  std::vector<Variable> narrow, wide;
  for (const Tensor& input : inputs) {
    const Tensor rounded = input.to(DType::f32);
    narrow.emplace_back(rounded, true);
    wide.emplace_back(rounded.to(DType::f64), true);
  }
  const Variable y32 = f(narrow), y64 = f(wide);
  if (y32.dtype() != DType::f32) return testing::AssertionFailure() << "f32 inputs gave " << name_of(y32.dtype());
  testing::AssertionResult same = near(y32.value(), y64.value(), tolerance);
  if (!same) return same << " (output)";
  const Tensor seed = uniform(y64.shape(), 13).to(DType::f32);
  backward(y32, seed);
  backward(y64, seed.to(DType::f64));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    same = near(narrow[i].grad(), wide[i].grad(), tolerance);
    if (!same) return same << " (gradient of input " << i << ")";
  }
  return testing::AssertionSuccess();
}

/// The bits of two tensors.
inline testing::AssertionResult identical(const Tensor& a, const Tensor& b) {
  if (a.spec() != b.spec()) return testing::AssertionFailure() << a.shape().to_string() << " and " << b.shape().to_string();
  if (!std::equal(static_cast<const std::uint8_t*>(a.raw_data()), static_cast<const std::uint8_t*>(a.raw_data()) + a.bytes(),
                  static_cast<const std::uint8_t*>(b.raw_data())))
    return testing::AssertionFailure() << "the elements differ";
  return testing::AssertionSuccess();
}

}  // namespace fovea::test
