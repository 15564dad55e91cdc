// What the comparisons with PyTorch share: the inputs' formula and the files' layout, which tests/golden/make_*.py describe.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/autograd/ops/window.hpp"
#include "fovea/base/json.hpp"
#include "tensors.hpp"

namespace fovea::test {

/// sin(0.7 i + phase), as the generators have it; the phases are their PHASES.
inline Tensor wave(const Shape& shape, double phase) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::from(values, shape);
}
inline constexpr double kXPhase = 0.1, kDyPhase = 0.4;

inline Shape shape_of(const Json& extents) { return Shape(extents.get<std::vector<std::int64_t>>()); }
inline Extent2 extent2_of(const Json& pair) { return {pair[0], pair[1]}; }

/// Runs check(case, type, tolerance of the type) on every case of a file in tests/golden, in f64 and in f32.
template <class Check>
void for_each_golden(const std::string& file, Check check) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/" + file);
  ASSERT_FALSE(golden.at("cases").empty());
  for (const Json& entry : golden.at("cases"))
    for (const auto& [dtype, tolerance] : {std::pair{DType::f64, 1e-12}, std::pair{DType::f32, 1e-6}}) {
      SCOPED_TRACE(entry.at("name").get<std::string>() + " " + name_of(dtype));
      check(entry, dtype, tolerance);
    }
}

/// f(x) for x of the case's shape "x" gives its "y" [y_shape] and, for the gradient "dy", its "dx".
template <class F>
void expect_golden(const Json& c, DType dtype, double tolerance, F f) {
  const Variable x(wave(shape_of(c.at("x")), kXPhase).to(dtype), true);
  const Variable y = f(x);
  backward(y, wave(y.shape(), kDyPhase).to(dtype));
  EXPECT_TRUE(near(y.value(), c.at("y").get<std::vector<double>>(), shape_of(c.at("y_shape")), tolerance));
  EXPECT_TRUE(near(x.grad(), c.at("dx").get<std::vector<double>>(), x.shape(), tolerance));
}

}  // namespace fovea::test
