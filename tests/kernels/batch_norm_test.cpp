#include <algorithm>
#include <cmath>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::BatchNormShape;
using kernels::Context;
using test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

const BatchNormShape kShapes[] = {{1, 3},   {2, 1},     {7, 3},     {65, 15},  {64, 16},   {129, 17},  {300, 31}, {1, 64},
                                  {63, 64}, {1000, 67}, {257, 131}, {5000, 6}, {4999, 12}, {40001, 1}, {13, 2048}};

std::string trace(const char* name, const BatchNormShape& s) {
  return std::string(name) + ", " + std::to_string(s.rows) + " rows of " + std::to_string(s.channels);
}

/// Mean and, behind it, variance.
template <class T>
std::vector<T> statistics(const kernels::TypedKernels<T>& kernels, Context& context, const BatchNormShape& s, const std::vector<T>& x) {
  std::vector<T> result(static_cast<std::size_t>(2 * s.channels));
  test::Scratch scratch(kernels.batch_norm.workspace_bytes(s));
  kernels.batch_norm.statistics(context, s, x.data(), result.data(), result.data() + s.channels, scratch.data());
  return result;
}

/// What the two other passes read; the statistics need not be those of x.
template <class T>
struct Operands {
  std::vector<T> x, dy, mean, inverse_deviation, gamma, beta, residual, y;

  explicit Operands(const BatchNormShape& s, std::vector<T> (*values)(std::int64_t, std::uint64_t) = random_values<T>)
      : x(values(s.rows * s.channels, 1)),
        dy(values(s.rows * s.channels, 2)),
        mean(values(s.channels, 3)),
        inverse_deviation(values(s.channels, 4)),
        gamma(values(s.channels, 5)),
        beta(values(s.channels, 6)),
        residual(values(s.rows * s.channels, 7)),
        y(values(s.rows * s.channels, 8)) {}
  template <class From>
  explicit Operands(const Operands<From>& from)
      : x(converted<T>(from.x)),
        dy(converted<T>(from.dy)),
        mean(converted<T>(from.mean)),
        inverse_deviation(converted<T>(from.inverse_deviation)),
        gamma(converted<T>(from.gamma)),
        beta(converted<T>(from.beta)),
        residual(converted<T>(from.residual)),
        y(converted<T>(from.y)) {}
};

/// What is done in the same pass.
struct Fusion {
  bool residual = false, relu = false;
  bool mask_of_x = false;  // backward: what relu let through is computed again from x
};
constexpr Fusion kFusions[] = {{}, {false, true}, {true, true}};
constexpr Fusion kMaskOfX{.residual = false, .relu = true, .mask_of_x = true};

template <class T>
std::vector<T> normalize(const kernels::TypedKernels<T>& kernels, Context& context, const BatchNormShape& s, const Operands<T>& in,
                         Fusion fusion = {}) {
  std::vector<T> y(in.x.size());
  kernels.batch_norm.normalize(context, s, in.x.data(), in.mean.data(), in.inverse_deviation.data(), in.gamma.data(), in.beta.data(),
                               fusion.residual ? in.residual.data() : nullptr,
                               fusion.relu ? kernels::Activation::relu : kernels::Activation::none, y.data());
  return y;
}

/// dx, dgamma, dbeta and, with a residual, its gradient, one behind the other.
template <class T>
std::vector<T> backward(const kernels::TypedKernels<T>& kernels, Context& context, const BatchNormShape& s, const Operands<T>& in,
                        bool fixed, Fusion fusion = {}, bool in_place = false) {
  std::vector<T> result(in.x.size() * (fusion.residual ? 2 : 1) + static_cast<std::size_t>(2 * s.channels));
  T* dgamma = result.data() + in.x.size();
  std::copy(in.dy.begin(), in.dy.end(), result.begin());
  test::Scratch scratch(kernels.batch_norm.workspace_bytes(s));
  const kernels::BatchNormMask<T> mask{.y = fusion.relu && !fusion.mask_of_x ? in.y.data() : nullptr,
                                       .beta = fusion.mask_of_x ? in.beta.data() : nullptr};
  (fixed ? kernels.batch_norm.backward_fixed : kernels.batch_norm.backward)(
      context, s, in.x.data(), mask, in_place ? result.data() : in.dy.data(), in.mean.data(), in.inverse_deviation.data(), in.gamma.data(),
      result.data(), fusion.residual ? dgamma + 2 * s.channels : nullptr, dgamma, dgamma + s.channels, scratch.data());
  return result;
}

std::string trace(const char* name, const BatchNormShape& s, Fusion fusion) {
  return trace(name, s) + (fusion.residual ? ", residual" : "") + (fusion.relu ? ", relu" : "");
}

TEST(BatchNorm, HandWorkedStatistics) {
  // Columns {1,3,5,7}: mean 4, variance 5. {0,0,0,8}: mean 2, variance 12.
  const std::vector<float> x{1, 0, 3, 0, 5, 0, 7, 8};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    EXPECT_EQ(statistics(kernels, context, {4, 2}, x), (std::vector<float>{4, 2, 5, 12})) << name;
  }
}

TEST(BatchNorm, StatisticsAreTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BatchNormShape& s : kShapes) {
      SCOPED_TRACE(trace(name, s));
      const auto x = random_values<float>(s.rows * s.channels, 1);
      Context context(1);
      const auto expected = statistics(oracle(), context, s, converted<double>(x));
      // The terms of the mean are below 1, those of the variance are its own.
      std::vector<double> magnitude = expected;
      std::fill_n(magnitude.begin(), s.channels, 1.0);
      test::expect_close(on_any_threads([&](Context& any) { return statistics(kernels, any, s, x); }), expected, magnitude,
                         test::sum_tolerance(s.rows));
    }
}

TEST(BatchNorm, VarianceSurvivesALargeMean) {
  const BatchNormShape s{3000, 19};
  RandomStream stream(5);
  std::vector<float> x(static_cast<std::size_t>(s.rows * s.channels));
  for (float& value : x) value = static_cast<float>(1000 + stream.normal());
  for (std::int64_t c = 0; c < s.channels; ++c) x[static_cast<std::size_t>(c)] = 0;  // a first row that is a bad guess of the mean
  Context context(1);
  const auto expected = statistics(oracle(), context, s, converted<double>(x));
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    test::expect_close(statistics(kernels, context, s, x), expected, expected, 1e-6);
  }
  x.erase(x.begin(), x.begin() + s.channels);
  const BatchNormShape without{s.rows - 1, s.channels};
  const auto narrow = statistics(oracle(), context, without, converted<double>(x));
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    test::expect_close(statistics(kernels, context, without, x), narrow, narrow, 1e-5);
  }
}

TEST(BatchNorm, NormalizeIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BatchNormShape& s : kShapes)
      for (const Fusion fusion : kFusions) {
        SCOPED_TRACE(trace(name, s, fusion));
        const Operands<float> in(s);
        Context context(1);
        const std::vector<double> magnitude(in.x.size(), 4.0);  // |x| + |mean| + |beta| + |residual| with factors of at most 1
        test::expect_close(on_any_threads([&](Context& any) { return normalize(kernels, any, s, in, fusion); }),
                           normalize(oracle(), context, s, Operands<double>(in), fusion), magnitude, 1e-6);
        const Operands<float> integers(s, integer_values<float>);
        EXPECT_EQ(converted<double>(normalize(kernels, context, s, integers, fusion)),
                  normalize(oracle(), context, s, Operands<double>(integers), fusion));
      }
}

TEST(BatchNorm, BackwardIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BatchNormShape& s : kShapes)
      for (const bool fixed : {false, true})
        for (const Fusion fusion : kFusions) {
          SCOPED_TRACE(trace(name, s, fusion) + (fixed ? ", fixed" : ""));
          const Operands<float> in(s);
          Context context(1);
          const auto expected = backward(oracle(), context, s, Operands<double>(in), fixed, fusion);
          // Terms of dx: |dy| + mean |dy| + |normalised| * mean |dy * normalised| <= 1 + 1 + 2 * 2. Of the sums: at most 2 each.
          std::vector<double> magnitude(expected.size(), 6.0);
          const auto sums = magnitude.begin() + s.rows * s.channels;
          std::fill(sums, sums + 2 * s.channels, 2.0 * static_cast<double>(s.rows));
          std::fill(sums + 2 * s.channels, magnitude.end(), 0.0);  // the residual's gradient is a copy
          test::expect_close(on_any_threads([&](Context& any) { return backward(kernels, any, s, in, fixed, fusion); }), expected,
                             magnitude, test::sum_tolerance(s.rows));
        }
}

TEST(BatchNorm, TheMaskOfXIsThatOfTheResult) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BatchNormShape& s : kShapes)
      for (const bool fixed : {false, true}) {
        SCOPED_TRACE(trace(name, s) + (fixed ? ", fixed" : ""));
        for (auto* const values : {random_values<float>, integer_values<float>}) {  // integers: many results are exactly 0
          Operands<float> in(s, values);
          Context context(1);
          in.y = normalize(kernels, context, s, in, {.residual = false, .relu = true});
          EXPECT_EQ(on_any_threads([&](Context& any) { return backward(kernels, any, s, in, fixed, kMaskOfX); }),
                    backward(kernels, context, s, in, fixed, {.residual = false, .relu = true}));
        }
      }
}

TEST(BatchNorm, DxMayTakeThePlaceOfDy) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BatchNormShape& s : kShapes)
      for (const bool fixed : {false, true})
        for (const Fusion fusion : {kFusions[0], kFusions[2], kMaskOfX}) {
          SCOPED_TRACE(trace(name, s, fusion) + (fixed ? ", fixed" : ""));
          const Operands<float> in(s);
          Context context(1);
          EXPECT_EQ(on_any_threads([&](Context& any) { return backward(kernels, any, s, in, fixed, fusion, true); }),
                    backward(kernels, context, s, in, fixed, fusion));
        }
}

TEST(BatchNorm, SumsOfIntegersAreExact) {
  const BatchNormShape s{700, 37};
  const Operands<float> in(s, integer_values<float>);
  Context context(1);
  const auto expected = backward(oracle(), context, s, Operands<double>(in), true);
  for (const auto& [name, kernels] : test::f32_kernels())
    EXPECT_EQ(converted<double>(backward(kernels, context, s, in, true)), expected) << name;
}

TEST(BatchNorm, ReferenceGradientsAreDerivatives) {
  const BatchNormShape s{6, 3};
  constexpr double kEpsilon = 1e-3;
  Operands<double> in(s);
  Context context(1);
  const auto set_statistics = [&](Operands<double>& operands) {
    const auto found = statistics(oracle(), context, s, operands.x);
    for (std::size_t c = 0; c < 3; ++c) {
      operands.mean[c] = found[c];
      operands.inverse_deviation[c] = 1 / std::sqrt(found[3 + c] + kEpsilon);
    }
  };
  set_statistics(in);
  const auto value = [&](Operands<double> operands, bool fixed) {
    if (!fixed) set_statistics(operands);
    return test::dot(normalize(oracle(), context, s, operands), in.dy);
  };
  for (const bool fixed : {false, true}) {
    std::vector<double> expected;
    for (std::vector<double> Operands<double>::*part : {&Operands<double>::x, &Operands<double>::gamma, &Operands<double>::beta}) {
      const auto gradient = test::numerical_gradient(in.*part, [&](const std::vector<double>& at) {
        Operands<double> moved = in;
        moved.*part = at;
        return value(moved, fixed);
      });
      expected.insert(expected.end(), gradient.begin(), gradient.end());
    }
    test::expect_gradient(backward(oracle(), context, s, in, fixed), expected);
  }
}

}  // namespace
}  // namespace fovea
