#include "fovea/autograd/ops/maths.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Values in (0.1, 2.1), away from what kinks at 0 and at the ends of clamp.
Tensor positive(const Shape& shape, std::uint64_t seed) {
  std::vector<double> values = test::distinct(shape, seed).to_vector<double>();
  for (double& value : values) value = 1.1 + value;
  return Tensor::from(values, shape);
}

struct Pointwise {
  const char* name;
  std::function<Variable(const Variable&)> run;
  std::function<double(double)> value;
  bool only_positive = false;
};

const std::vector<Pointwise>& functions() {
  static const std::vector<Pointwise> list = {
      {"exp", [](const Variable& x) { return exp(x); }, [](double x) { return std::exp(x); }},
      {"log", [](const Variable& x) { return log(x); }, [](double x) { return std::log(x); }, true},
      {"sqrt", [](const Variable& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }, true},
      {"power", [](const Variable& x) { return power(x, 2.5); }, [](double x) { return std::pow(x, 2.5); }, true},
      {"power", [](const Variable& x) { return power(x, 3); }, [](double x) { return x * x * x; }},
      {"power", [](const Variable& x) { return power(x, 0); }, [](double) { return 1.0; }},
      {"power", [](const Variable& x) { return power(x, -1); }, [](double x) { return 1 / x; }, true},
      {"abs", [](const Variable& x) { return abs(x); }, [](double x) { return x < 0 ? -x : x; }},
      {"clamp", [](const Variable& x) { return clamp(x, -0.25, 0.6); }, [](double x) { return std::min(std::max(x, -0.25), 0.6); }},
      {"clamp", [](const Variable& x) { return clamp(x, -kInfinity, 0.1); }, [](double x) { return std::min(x, 0.1); }},
  };
  return list;
}

TEST(Maths, ValuesAndGradients) {
  for (const Pointwise& function : functions())
    for (const Shape& shape : {Shape{1}, Shape{17}, Shape{2, 3, 5, 7}, Shape{0, 4}, Shape{}}) {
      SCOPED_TRACE(std::string(function.name) + shape.to_string());
      const Tensor x = function.only_positive ? positive(shape, 1) : test::distinct(shape, 1);
      std::vector<double> expected;
      for (const double value : x.span<double>()) expected.push_back(function.value(value));
      EXPECT_TRUE(test::near(function.run(Variable(x)).value(), expected, shape, 1e-14));
      const auto f = [&](const auto& in) { return function.run(in[0]); };
      EXPECT_TRUE(gradients_match(f, {x}));
      EXPECT_TRUE(f32_follows_f64(f, {x}, 1e-5));
    }
}

TEST(Maths, AtTheKinks) {
  const Variable x(test::f32({0, -2, 1, 3}, {4}), true);
  backward(abs(x), test::f32({1, 1, 1, 1}, {4}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, -1, 1, 1));
  Variable y(test::f32({0, -2, 1, 3}, {4}), true);
  backward(clamp(y, 0, 1), test::f32({1, 1, 1, 1}, {4}));
  EXPECT_THAT(y.grad().to_vector<float>(), ElementsAre(1, 0, 1, 0));
  EXPECT_TRUE(std::isnan(clamp(Variable(Tensor::full({1}, std::numeric_limits<double>::quiet_NaN())), 0, 1).item()));
}

TEST(Divide, ValuesAndGradients) {
  const std::pair<Shape, Shape> pairs[] = {
      {{2, 3, 4}, {2, 3, 4}}, {{2, 3, 5, 4}, {2, 1, 1, 4}}, {{2, 3}, {1}}, {{4}, {2, 3, 4}}, {{2, 1}, {1, 3}}, {{0, 3}, {1, 3}}};
  for (const auto& [a, b] : pairs) {
    const auto f = [](const auto& in) { return in[0] / in[1]; };
    EXPECT_TRUE(gradients_match(f, {test::uniform(a, 1), positive(b, 2)})) << a.to_string() << b.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {test::uniform(a, 1), positive(b, 2)}, 1e-5)) << a.to_string() << b.to_string();
  }
  EXPECT_THAT((Variable(test::f32({6, 8, 9, 12}, {2, 2})) / Variable(test::f32({2, 4}, {2}))).value().to_vector<float>(),
              ElementsAre(3, 2, 4.5, 3));
}

TEST(Maths, RefusesWhatDoesNotFit) {
  for (const Pointwise& function : functions()) {
    EXPECT_THAT([&] { function.run(Variable(Tensor::zeros({2}, DType::bf16))); },
                ThrowsMessage<ShapeError>(HasSubstr(std::string("[") + function.name + "] is computed in f32 or f64, found bf16")));
    EXPECT_THAT([&] { function.run({}); },
                ThrowsMessage<ShapeError>(HasSubstr(std::string("[") + function.name + "] input 0 is undefined")));
  }
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { clamp(x, 1, 0); }, ThrowsMessage<ShapeError>(HasSubstr("[clamp] the lower end is at most the upper, found 1 and 0")));
  EXPECT_THAT([&] { divide(x, Variable(Tensor::zeros({2}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[divide] the second input has shape [2], expected [2,3]")));
  EXPECT_THAT(
      [&] {
        divide(x, Variable(Tensor::zeros({2, 3}, DType::f64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[divide] the second input has type f64")));
}

}  // namespace
}  // namespace fovea
