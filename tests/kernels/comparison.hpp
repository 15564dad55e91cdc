// Compares f32 kernels with the f64 reference, and f64 gradients with differences.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "fovea/kernels/kernel_table.hpp"

namespace fovea::test {

/// The f32 kernels under test: those of the active instruction set, and the f32 reference.
struct F32Kernels {
  const char* name;
  const kernels::TypedKernels<float>& kernels;
};
inline std::vector<F32Kernels> f32_kernels() {
  const kernels::KernelTable &active = kernels::cpu_table(active_isa()), &reference = kernels::reference_table();
  return {{active.name, active.f32}, {reference.name, reference.f32}};
}
inline const kernels::TypedKernels<double>& oracle() { return kernels::reference_table().f64; }

/// The loosest that a sum in f32 may be, relative to the sum of the magnitudes of its terms.
inline double sum_tolerance(std::int64_t terms) { return terms > 10000 ? 1e-5 : 1e-6; }

template <class To, class From>
std::vector<To> converted(const std::vector<From>& values) {
  return {values.begin(), values.end()};
}

template <class T>
std::vector<T> absolute(std::vector<T> values) {
  for (T& value : values) value = std::abs(value);
  return values;
}

/// Scratch of the size that a kernel asks for, to the cache line, filled with NaN: reading it before writing it is found out, and with
/// AddressSanitizer touching what lies behind it.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : lines_((bytes + 63) / 64, all_ones()) {}
  void* data() { return lines_.data(); }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  static Line all_ones() {
    Line line;
    std::memset(&line, 0xff, sizeof line);
    return line;
  }
  std::vector<Line> lines_;
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// run(context) with one, two and three threads: the results' bits must be equal. Returns them.
template <class Run>
auto on_any_threads(Run run) {
  kernels::Context one(1), two(2), three(3);
  const auto result = run(one);
  EXPECT_TRUE(same_bits(result, run(two))) << "with 2 threads";
  EXPECT_TRUE(same_bits(result, run(three))) << "with 3 threads";
  return result;
}

/// |actual - expected| <= tolerance * magnitude, element by element.
inline void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, const std::vector<double>& magnitude,
                         double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  ASSERT_EQ(actual.size(), magnitude.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_LE(std::abs(actual[i] - expected[i]), tolerance * magnitude[i])
        << "element " << i << ": " << actual[i] << ", expected " << expected[i];
}

/// For sums that are exact in f32.
inline void expect_equal(const std::vector<float>& actual, const std::vector<double>& expected) {
  expect_close(actual, expected, std::vector<double>(expected.size()), 0);
}

/// The derivatives of value(x) by central differences.
template <class Value>
std::vector<double> numerical_gradient(std::vector<double> x, Value value, double step = 1e-5) {
  std::vector<double> gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double centre = x[i];
    x[i] = centre + step;
    const double above = value(x);
    x[i] = centre - step;
    gradient[i] = (above - value(x)) / (2 * step);
    x[i] = centre;
  }
  return gradient;
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline void expect_gradient(const std::vector<double>& actual, const std::vector<double>& numerical) {
  ASSERT_EQ(actual.size(), numerical.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], numerical[i], 1e-8 + 1e-7 * std::abs(numerical[i])) << "element " << i;
}

}  // namespace fovea::test
