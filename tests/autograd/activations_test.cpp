#include "fovea/autograd/ops/activations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <numbers>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  std::function<Variable(Variable)> f;
  std::function<double(double)> oracle;
};

double normal_distribution(double x) { return (1 + std::erf(x / std::sqrt(2))) / 2; }
double clip(double x, double low, double high) { return std::clamp(x, low, high); }

const std::vector<Case>& cases() {
  static const std::vector<Case> list = {
      {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"tanh", [](Variable x) { return tanh(std::move(x)); }, [](double x) { return std::tanh(x); }},
      {"leaky_relu", [](Variable x) { return leaky_relu(std::move(x)); }, [](double x) { return x > 0 ? x : 0.01 * x; }},
      {"leaky_relu", [](Variable x) { return leaky_relu(std::move(x), 0.2); }, [](double x) { return x > 0 ? x : 0.2 * x; }},
      {"relu6", relu6, [](double x) { return clip(x, 0, 6); }},
      {"elu", [](Variable x) { return elu(std::move(x)); }, [](double x) { return x > 0 ? x : std::exp(x) - 1; }},
      {"elu", [](Variable x) { return elu(std::move(x), 0.6); }, [](double x) { return x > 0 ? x : 0.6 * (std::exp(x) - 1); }},
      {"selu", selu, [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (std::exp(x) - 1)); }},
      {"softplus", [](Variable x) { return softplus(std::move(x)); }, [](double x) { return std::log(1 + std::exp(x)); }},
      {"softplus", [](Variable x) { return softplus(std::move(x), 2.5); }, [](double x) { return std::log(1 + std::exp(2.5 * x)) / 2.5; }},
      {"silu", silu, [](double x) { return x / (1 + std::exp(-x)); }},
      {"mish", mish, [](double x) { return x * std::tanh(std::log(1 + std::exp(x))); }},
      {"hard_sigmoid", hard_sigmoid, [](double x) { return clip(x + 3, 0, 6) / 6; }},
      {"hard_swish", hard_swish, [](double x) { return x * clip(x + 3, 0, 6) / 6; }},
      {"gelu", [](Variable x) { return gelu(std::move(x)); }, [](double x) { return x * normal_distribution(x); }},
      {"gelu", [](Variable x) { return gelu(std::move(x), GeluForm::tanh); },
       [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))); }}};
  return list;
}

const Shape kShapes[] = {{}, {1}, {67}, {2, 3, 5}, {3, 1, 2, 7}, {0, 4, 4, 2}};

/// Values in (-5, 5) that are not near the kinks at 0 and 3.
Tensor inputs(const Shape& shape) {
  const Tensor spread = test::distinct(shape, 1);
  std::vector<double> values = test::values_of(spread);
  for (double& value : values) {
    value *= 5;
    if (std::abs(std::abs(value) - 3) < 1e-3) value += 0.01;
  }
  return Tensor::from(values, shape);
}

TEST(Activations, ForwardAndGradients) {
  for (const auto& [name, function, oracle] : cases())
    for (const Shape& shape : kShapes) {
      SCOPED_TRACE(std::string(name) + " of " + shape.to_string());
      const auto f = [&function](const std::vector<Variable>& in) { return function(in[0]); };
      const Tensor x = inputs(shape);
      std::vector<double> expected;
      for (const double value : x.span<double>()) expected.push_back(oracle(value));
      EXPECT_TRUE(test::near(function(Variable(x)).value(), expected, shape, 1e-14));
      EXPECT_TRUE(test::gradients_match(f, {x}));
      EXPECT_TRUE(test::f32_follows_f64(f, {x}));
    }
}

TEST(Activations, Relu6IsFlatAboveSix) {
  const Variable x(test::f64({5, 7, 8, -1}, {4}), true);
  const Variable y = relu6(x);
  EXPECT_THAT(test::values_of(y.value()), testing::ElementsAre(5, 6, 6, 0));
  backward(y, Tensor::full({4}, 2, DType::f64));
  EXPECT_THAT(test::values_of(x.grad()), testing::ElementsAre(2, 0, 0, 0));
}

TEST(Activations, InBf16AreTheF64ResultsRounded) {
  for (const auto& [name, function, oracle] : cases()) {
    SCOPED_TRACE(name);
    const Tensor values = inputs({3, 37}).to(DType::bf16);
    const Variable narrow(values, true), wide(values.to(DType::f64), true);
    const Variable y = function(narrow), exact = function(wide);
    ASSERT_EQ(y.dtype(), DType::bf16);
    const Tensor seed = Tensor::full({3, 37}, 1, DType::bf16);
    backward(y, seed);
    backward(exact, seed.to(DType::f64));
    const auto expect_rounded = [](const Tensor& actual, const Tensor& expected) {
      const auto a = test::values_of(actual), e = test::values_of(expected);
      for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], e[i], 0x1.01p-8 * std::abs(e[i]) + 4e-6) << i;
    };
    expect_rounded(y.value(), exact.value());
    expect_rounded(narrow.grad(), wide.grad());
  }
}

TEST(Activations, NanStaysNan) {
  for (const auto& [name, function, oracle] : cases())
    for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
      const Tensor x = Tensor::full({19}, std::numeric_limits<double>::quiet_NaN(), dtype);
      for (const double value : test::values_of(function(Variable(x)).value())) EXPECT_TRUE(std::isnan(value)) << name;
    }
}

/// Inference overwrites temporaries; training those whose backward pass can do without x. A variable that others hold stays as it was.
TEST(Activations, TakeOverTheMemoryOfTemporaries) {
  for (const auto& [name, function, oracle] : cases()) {
    SCOPED_TRACE(name);
    Variable x(inputs({40}));
    const Tensor before = x.value().clone();
    const void* memory = x.value().raw_data();
    EXPECT_NE(function(x).value().raw_data(), memory);
    EXPECT_TRUE(test::identical(x.value(), before));
    EXPECT_EQ(function(std::move(x)).value().raw_data(), memory);

    const bool follows = std::string(name) == "leaky_relu" || std::string(name) == "relu6";
    const Variable leaf(inputs({40}), true);
    Variable temporary = hard_swish(leaf);
    const void* temporary_memory = temporary.value().raw_data();
    const Variable y = function(std::move(temporary));
    EXPECT_EQ(y.value().raw_data() == temporary_memory, follows);
    backward(y, Tensor::full({40}, 1, DType::f64));
    const Variable same(inputs({40}), true);
    const Variable middle = hard_swish(same);
    backward(function(middle), Tensor::full({40}, 1, DType::f64));
    EXPECT_TRUE(test::identical(leaf.grad(), same.grad()));
  }
}

TEST(Activations, RefuseIntegersAndUndefined) {
  for (const auto& [name, function, oracle] : cases()) {
    EXPECT_THAT([&f = function] { f(Variable(Tensor::zeros({2}, DType::u8))); },
                ThrowsMessage<ShapeError>(HasSubstr("[" + std::string(name) + "] wants f32, f64 or bf16, found u8")));
    EXPECT_THAT([&f = function] { f({}); }, ThrowsMessage<ShapeError>(HasSubstr("[" + std::string(name) + "] input 0 is undefined")));
  }
}

TEST(Activations, RefuseOptionsOutOfRange) {
  const Variable x(Tensor::zeros({2}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double slope : {-0.1, nan})
    EXPECT_THAT([&] { leaky_relu(x, slope); }, ThrowsMessage<OptionError>(HasSubstr("[leaky_relu] the slope is at least 0, found")));
  for (const double value : {0.0, -1.0, nan}) {
    EXPECT_THAT([&] { elu(x, value); }, ThrowsMessage<OptionError>(HasSubstr("[elu] alpha is greater than 0, found")));
    EXPECT_THAT([&] { softplus(x, value); }, ThrowsMessage<OptionError>(HasSubstr("[softplus] beta is greater than 0, found")));
  }
}

}  // namespace
}  // namespace fovea
