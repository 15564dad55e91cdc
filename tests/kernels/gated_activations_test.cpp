#include <cmath>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using test::converted, test::on_any_threads, test::oracle, test::random_values, test::Scratch;

struct Matrix {
  std::int64_t rows, channels;
};
const Matrix kMatrices[] = {{0, 3}, {1, 1}, {7, 2}, {5, 3}, {3, 15}, {4, 16}, {9, 17}, {70, 31}, {1, 1000}, {3001, 5}, {40000, 1}};

std::string trace(const char* name, const Matrix& m) {
  return std::string(name) + ", " + std::to_string(m.rows) + " rows of " + std::to_string(m.channels);
}

/// y, then dx, then dslope.
template <class T>
std::vector<kernels::WeightOf<T>> prelu(const kernels::TypedKernels<T>& kernels, Context& context, const Matrix& m, const std::vector<T>& x,
                                        const std::vector<kernels::WeightOf<T>>& slope, const std::vector<T>& dy) {
  using W = kernels::WeightOf<T>;
  std::vector<T> y(x.size()), dx(x.size());
  std::vector<W> dslope(slope.size());
  kernels.activation.prelu_forward(context, m.rows, m.channels, x.data(), slope.data(), y.data());
  Scratch scratch(kernels.activation.prelu_workspace_bytes(m.rows, m.channels));
  kernels.activation.prelu_backward(context, m.rows, m.channels, x.data(), slope.data(), dy.data(), dx.data(), dslope.data(),
                                    scratch.data());
  std::vector<W> all(y.begin(), y.end());
  all.insert(all.end(), dx.begin(), dx.end());
  all.insert(all.end(), dslope.begin(), dslope.end());
  return all;
}

/// y, then dx.
template <class T>
std::vector<T> glu(const kernels::TypedKernels<T>& kernels, Context& context, const Matrix& m, const std::vector<T>& x,
                   const std::vector<T>& dy) {
  std::vector<T> y(dy.size()), dx(x.size());
  kernels.activation.glu_forward(context, m.rows, m.channels, x.data(), y.data());
  kernels.activation.glu_backward(context, m.rows, m.channels, x.data(), dy.data(), dx.data());
  y.insert(y.end(), dx.begin(), dx.end());
  return y;
}

TEST(GatedActivations, PreluIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : kMatrices) {
      SCOPED_TRACE(trace(name, m));
      const std::int64_t count = m.rows * m.channels;
      const auto x = random_values<float>(count, 1), slope = random_values<float>(m.channels, 2), dy = random_values<float>(count, 3);
      Context context(1);
      const auto expected = prelu(oracle(), context, m, converted<double>(x), converted<double>(slope), converted<double>(dy));
      std::vector<double> magnitude(expected.size(), 1);
      for (std::size_t i = 2 * x.size(); i < magnitude.size(); ++i) magnitude[i] = 1 + static_cast<double>(m.rows) / 8;  // E|x dy| / 2
      test::expect_close(on_any_threads([&](Context& any) { return prelu(kernels, any, m, x, slope, dy); }), expected, magnitude,
                         test::sum_tolerance(m.rows));
    }
}

TEST(GatedActivations, PreluMayOverwriteTheGradient) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    const std::vector<float> x{-2, 3, -1, 4, 5, -6}, slope{0.5f, 10, 100};
    std::vector<float> dy{1, 2, 3, 4, 5, 6}, dslope(3);
    Context context(1);
    Scratch scratch(kernels.activation.prelu_workspace_bytes(2, 3));
    kernels.activation.prelu_backward(context, 2, 3, x.data(), slope.data(), dy.data(), dy.data(), dslope.data(), scratch.data());
    EXPECT_EQ(dy, (std::vector<float>{0.5f, 2, 300, 4, 5, 600}));
    EXPECT_EQ(dslope, (std::vector<float>{-2, 0, -39}));
  }
}

TEST(GatedActivations, GluIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : kMatrices) {
      SCOPED_TRACE(trace(name, m));
      const auto x = random_values<float>(2 * m.rows * m.channels, 1), dy = random_values<float>(m.rows * m.channels, 2);
      Context context(1);
      const auto expected = glu(oracle(), context, m, converted<double>(x), converted<double>(dy));
      test::expect_close(on_any_threads([&](Context& any) { return glu(kernels, any, m, x, dy); }), expected,
                         std::vector<double>(expected.size(), 1), 5e-7);
    }
}

TEST(GatedActivations, InBf16AreRoundedOnce) {
  const kernels::TypedKernels<bf16>& kernels = kernels::cpu_table(active_isa()).bf16;
  for (const Matrix& m : kMatrices) {
    SCOPED_TRACE(trace("bf16", m));
    const std::int64_t count = m.rows * m.channels;
    const auto x = random_values<bf16>(2 * count, 1), dy = random_values<bf16>(count, 3);
    const std::vector<bf16> first(x.begin(), x.begin() + count);
    const auto slope = random_values<float>(m.channels, 2);
    Context context(1);
    const auto exact = prelu(oracle(), context, m, converted<double>(first), converted<double>(slope), converted<double>(dy));
    auto magnitude = test::absolute(exact);
    for (std::size_t i = 2 * first.size(); i < exact.size(); ++i) magnitude[i] = (1 + static_cast<double>(m.rows) / 8) * 1e-5 * 0x1p8;
    test::expect_close(on_any_threads([&](Context& any) { return prelu(kernels, any, m, first, slope, dy); }), exact, magnitude, 0x1.01p-8);
    const auto exact_glu = glu(oracle(), context, m, converted<double>(x), converted<double>(dy));
    test::expect_close(converted<float>(on_any_threads([&](Context& any) { return glu(kernels, any, m, x, dy); })), exact_glu,
                       test::absolute(exact_glu), 0x1.01p-8);
  }
}

}  // namespace
}  // namespace fovea
