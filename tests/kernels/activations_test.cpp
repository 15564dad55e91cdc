#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::ActivationFunction, kernels::ActivationKind;
using kernels::Context;
using test::converted, test::on_any_threads, test::oracle, test::random_values;

struct Case {
  const char* name;
  ActivationFunction f;
};
const Case kCases[] = {{"sigmoid", {ActivationKind::sigmoid}},
                       {"tanh", {ActivationKind::tanh}},
                       {"leaky_relu", {ActivationKind::leaky_relu, 0.125}},
                       {"relu6", {ActivationKind::relu6}},
                       {"elu", {ActivationKind::elu, 0.75}},
                       {"selu", {ActivationKind::elu, 1.75, 1.25}},
                       {"softplus", {ActivationKind::softplus}},
                       {"softplus of a beta", {ActivationKind::softplus, 2.5}},
                       {"silu", {ActivationKind::silu}},
                       {"mish", {ActivationKind::mish}},
                       {"hard_sigmoid", {ActivationKind::hard_sigmoid}},
                       {"hard_swish", {ActivationKind::hard_swish}},
                       {"gelu", {ActivationKind::gelu}},
                       {"gelu_tanh", {ActivationKind::gelu_tanh}}};

constexpr std::int64_t kCounts[] = {0, 1, 3, 4, 7, 15, 16, 17, 63, 67, 32767, 32768, 32769};

/// In [-range, range).
std::vector<float> values_within(float range, std::int64_t count, std::uint64_t seed) {
  auto values = random_values<float>(count, seed);
  for (float& value : values) value *= range;
  return values;
}

template <class T>
std::vector<T> forward(const kernels::TypedKernels<T>& kernels, Context& context, const ActivationFunction& f, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  kernels.activation.forward(context, f, static_cast<std::int64_t>(x.size()), x.data(), y.data());
  return y;
}

template <class T>
std::vector<T> backward(const kernels::TypedKernels<T>& kernels, Context& context, const ActivationFunction& f, const std::vector<T>& x,
                        const std::vector<T>& dy) {
  std::vector<T> dx(x.size());
  kernels.activation.backward(context, f, static_cast<std::int64_t>(x.size()), x.data(), dy.data(), dx.data());
  return dx;
}

std::vector<double> at_least_one(std::vector<double> values) {
  for (double& value : values) value = std::max(std::abs(value), 1.0);
  return values;
}

TEST(Activations, AreTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [function, f] : kCases)
      for (const std::int64_t count : kCounts)
        for (const float range : {1.f, 8.f, 200.f}) {
          SCOPED_TRACE(std::string(name) + ", " + function + " of " + std::to_string(count) + " within " + std::to_string(range));
          const auto x = values_within(range, count, 1), dy = random_values<float>(count, 2);
          Context context(1);
          const auto expected = forward(oracle(), context, f, converted<double>(x));
          const auto y = on_any_threads([&](Context& any) { return forward(kernels, any, f, x); });
          test::expect_close(y, expected, at_least_one(expected), 5e-7);
          const auto gradient = backward(oracle(), context, f, converted<double>(x), converted<double>(dy));
          const auto dx = on_any_threads([&](Context& any) { return backward(kernels, any, f, x, dy); });
          test::expect_close(dx, gradient, at_least_one(gradient), 1e-6);
        }
}

/// Values near zero keep their digits: what log-likelihoods and gates of deep networks live from.
TEST(Activations, SmoothOnesAreAccurateRelativeToThemselves) {
  const struct {
    ActivationFunction f;
    float range;
  } cases[] = {{{ActivationKind::sigmoid}, 80}, {{ActivationKind::tanh}, 20}, {{ActivationKind::elu}, 20}, {{ActivationKind::softplus}, 80},
               {{ActivationKind::silu}, 80},    {{ActivationKind::mish}, 40}, {{ActivationKind::gelu}, 5}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [f, range] : cases)
      for (const float scale : {1.f, 0.1f, 1e-3f, 1e-6f}) {
        SCOPED_TRACE(std::string(name) + ", function " + std::to_string(static_cast<int>(f.kind)) + " within " +
                     std::to_string(range * scale));
        const auto x = values_within(range * scale, 10007, 3);
        Context context(1);
        const auto expected = forward(oracle(), context, f, converted<double>(x));
        test::expect_close(forward(kernels, context, f, x), expected, test::absolute(expected), 2e-6);
      }
}

TEST(Activations, KeepNanAndKnowInfinity) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [function, f] : kCases) {
      SCOPED_TRACE(std::string(name) + ", " + function);
      Context context(1);
      const std::vector<float> x(19, nan), large(19, inf);
      for (const float value : forward(kernels, context, f, x)) ASSERT_TRUE(std::isnan(value));
      const double expected = forward(oracle(), context, f, {std::numeric_limits<double>::infinity()})[0];
      for (const float value : forward(kernels, context, f, large)) ASSERT_EQ(value, static_cast<float>(expected));
    }
}

TEST(Activations, OutputMayBeAnInput) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [function, f] : kCases) {
      SCOPED_TRACE(std::string(name) + ", " + function);
      Context context(1);
      const auto x = values_within(4, 37, 1), dy = random_values<float>(37, 2);
      auto y = x, dx = dy;
      kernels.activation.forward(context, f, 37, y.data(), y.data());
      EXPECT_EQ(y, forward(kernels, context, f, x));
      kernels.activation.backward(context, f, 37, x.data(), dx.data(), dx.data());
      EXPECT_EQ(dx, backward(kernels, context, f, x, dy));
    }
}

TEST(Activations, SomeDerivativesFollowFromTheResult) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [function, f] : kCases) {
      if (!kernels::derivative_follows_from_result(f.kind)) continue;
      SCOPED_TRACE(std::string(name) + ", " + function);
      Context context(1);
      const auto x = values_within(9, 1001, 1), dy = random_values<float>(1001, 2);
      EXPECT_EQ(backward(kernels, context, f, forward(kernels, context, f, x), dy), backward(kernels, context, f, x, dy));
    }
}

TEST(Activations, KinksHaveTheFlatterSlope) {
  const std::vector<float> ones(1, 1);
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const auto slope = [&](ActivationFunction f, float x) { return backward(kernels, context, f, {x}, ones)[0]; };
    EXPECT_EQ(slope({ActivationKind::leaky_relu, 0.25}, 0), 0.25f);
    for (const float x : {0.f, 6.f}) EXPECT_EQ(slope({ActivationKind::relu6}, x), 0);
    for (const float x : {-3.f, 3.f}) EXPECT_EQ(slope({ActivationKind::hard_sigmoid}, x), 0);
    EXPECT_EQ(slope({ActivationKind::hard_swish}, -3), 0);
    EXPECT_EQ(slope({ActivationKind::hard_swish}, 3), 1);
  }
}

TEST(Activations, InBf16AreRoundedOnce) {
  const kernels::TypedKernels<bf16>& kernels = kernels::cpu_table(active_isa()).bf16;
  for (const auto& [function, f] : kCases)
    for (const std::int64_t count : kCounts) {
      SCOPED_TRACE(std::string(function) + " of " + std::to_string(count));
      std::vector<bf16> x, dy = random_values<bf16>(count, 2);
      for (const float value : values_within(8, count, 1)) x.push_back(bf16(value));
      Context context(1);
      const auto exact = forward(oracle(), context, f, converted<double>(x));
      const auto y = on_any_threads([&](Context& any) { return forward(kernels, any, f, x); });
      test::expect_close(converted<float>(y), exact, test::absolute(exact), 0x1.02p-8);
      const auto exact_gradient = backward(oracle(), context, f, converted<double>(x), converted<double>(dy));
      const auto dx = on_any_threads([&](Context& any) { return backward(kernels, any, f, x, dy); });
      auto magnitude = test::absolute(exact_gradient);
      for (double& value : magnitude) value += 1e-4;  // some slopes pass through zero, where f32 has cancelled digits
      test::expect_close(converted<float>(dx), exact_gradient, magnitude, 0x1.02p-8);
    }
}

}  // namespace
}  // namespace fovea
