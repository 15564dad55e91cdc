#include <cmath>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using kernels::GroupNormShape;
using test::converted, test::on_any_threads, test::oracle, test::random_values, test::Scratch;

// Rows (layer normalisation), groups, a group per channel; lanes plus and minus one; several blocks of pixels and of rows.
const GroupNormShape kShapes[] = {{0, 4, 6, 2},    {1, 1, 1, 1},    {5, 1, 7, 1},     {9, 1, 16, 1},   {3, 1, 33, 1},  {700, 1, 20, 1},
                                  {2, 1, 5000, 1}, {4, 1, 12, 3},   {1, 7, 1, 1},     {2, 35, 6, 3},   {3, 4, 17, 17}, {2, 9, 15, 5},
                                  {2, 300, 40, 8}, {1, 1000, 3, 1}, {1, 513, 64, 16}, {2, 700, 33, 33}};

std::string trace(const char* name, const GroupNormShape& s) {
  return std::string(name) + ", " + std::to_string(s.n) + " samples of " + std::to_string(s.pixels) + " pixels, " +
         std::to_string(s.channels) + " channels in " + std::to_string(s.groups);
}

template <class T>
struct Call {
  using W = kernels::WeightOf<T>;
  GroupNormShape s;
  std::vector<T> x, dy;
  std::vector<W> gamma, beta;

  template <class U>
  Call<U> as() const {
    return {s, converted<U>(x), converted<U>(dy), converted<kernels::WeightOf<U>>(gamma), converted<kernels::WeightOf<U>>(beta)};
  }
};

template <class T>
Call<T> random_call(const GroupNormShape& s, double offset = 0) {
  Call<T> call{s, random_values<T>(s.n * s.pixels * s.channels, 1), random_values<T>(s.n * s.pixels * s.channels, 2),
               random_values<kernels::WeightOf<T>>(s.channels, 3), random_values<kernels::WeightOf<T>>(s.channels, 4)};
  for (T& value : call.x) value = static_cast<T>(static_cast<double>(value) + offset);
  return call;
}

template <class T>
struct Result {
  std::vector<T> y, dx;
  std::vector<kernels::WeightOf<T>> mean, inverse_deviation, dgamma, dbeta;
};

template <class T>
Result<T> run(const kernels::TypedKernels<T>& kernels, Context& context, const Call<T>& call, double epsilon = 1e-3) {
  const GroupNormShape& s = call.s;
  const auto statistics = static_cast<std::size_t>(s.n * s.groups), channels = static_cast<std::size_t>(s.channels);
  Result<T> r;
  r.y.resize(call.x.size());
  r.dx.resize(call.x.size());
  r.mean.resize(statistics);
  r.inverse_deviation.resize(statistics);
  r.dgamma.resize(channels);
  r.dbeta.resize(channels);
  Scratch forward(kernels.group_norm.workspace_bytes(s)), backward(kernels.group_norm.workspace_bytes(s));
  kernels.group_norm.forward(context, s, call.x.data(), call.gamma.data(), call.beta.data(), epsilon, r.mean.data(),
                             r.inverse_deviation.data(), r.y.data(), forward.data());
  kernels.group_norm.backward(context, s, call.x.data(), call.dy.data(), r.mean.data(), r.inverse_deviation.data(), call.gamma.data(),
                              r.dx.data(), r.dgamma.data(), r.dbeta.data(), backward.data());
  return r;
}

template <class T>
Result<T> run_on_any_threads(const kernels::TypedKernels<T>& kernels, const Call<T>& call) {
  Result<T> result;
  on_any_threads([&](Context& any) {
    result = run(kernels, any, call);
    std::vector<double> all;
    for (const auto* part : {&result.y, &result.dx}) all.insert(all.end(), part->begin(), part->end());
    for (const auto* part : {&result.mean, &result.inverse_deviation, &result.dgamma, &result.dbeta})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  });
  return result;
}

std::vector<double> all(std::size_t count, double value) { return std::vector<double>(count, value); }

double largest(const std::vector<double>& values) {
  double result = 1;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

TEST(GroupNorm, IsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const GroupNormShape& s : kShapes)
      for (const double offset : {0.0, 4.0}) {
        SCOPED_TRACE(trace(name, s) + ", offset " + std::to_string(offset));
        const Call<float> call = random_call<float>(s, offset);
        Context context(1);
        const Result<double> expected = run(oracle(), context, call.as<double>());
        const Result<float> actual = run_on_any_threads(kernels, call);
        const std::size_t count = call.x.size();
        const double spread = largest(expected.inverse_deviation);  // what an error of x or the mean becomes
        test::expect_close(actual.mean, expected.mean, all(expected.mean.size(), 1 + offset), 1e-6);
        test::expect_close(actual.inverse_deviation, expected.inverse_deviation, test::absolute(expected.inverse_deviation), 2e-6);
        test::expect_close(actual.y, expected.y, all(count, (1 + offset) * spread), 1e-6);
        test::expect_close(actual.dx, expected.dx, all(count, (1 + offset) * spread * spread), 2e-6);
        const double terms = static_cast<double>(std::max<std::int64_t>(1, s.n * s.pixels));
        test::expect_close(actual.dgamma, expected.dgamma, all(expected.dgamma.size(), terms * (1 + offset) * spread), 1e-6);
        test::expect_close(actual.dbeta, expected.dbeta, all(expected.dbeta.size(), terms), 1e-6);
      }
}

/// The mean of data far from zero, and their variance, whose square sums would cancel.
TEST(GroupNorm, DataFarFromZeroKeepTheirVariance) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const GroupNormShape& s : {GroupNormShape{3, 1, 500, 1}, GroupNormShape{2, 300, 6, 2}}) {
      SCOPED_TRACE(trace(name, s));
      const Call<float> call = random_call<float>(s, 1000);
      Context context(1);
      const Result<double> expected = run(oracle(), context, call.as<double>());
      const Result<float> actual = run(kernels, context, call);
      test::expect_close(actual.inverse_deviation, expected.inverse_deviation, test::absolute(expected.inverse_deviation), 1e-5);
    }
}

TEST(GroupNorm, ASampleAloneHasTheSameBits) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const GroupNormShape& s : {GroupNormShape{5, 1, 37, 1}, GroupNormShape{3, 300, 24, 4}}) {
      SCOPED_TRACE(trace(name, s));
      const Call<float> batch = random_call<float>(s);
      Context context(1);
      const Result<float> together = run(kernels, context, batch);
      Call<float> alone = batch;
      alone.s.n = 1;
      const auto size = static_cast<std::ptrdiff_t>(s.pixels * s.channels);
      alone.x.assign(batch.x.begin() + size, batch.x.begin() + 2 * size);
      alone.dy.assign(batch.dy.begin() + size, batch.dy.begin() + 2 * size);
      const Result<float> single = run(kernels, context, alone);
      EXPECT_TRUE(test::same_bits(single.y, std::vector<float>(together.y.begin() + size, together.y.begin() + 2 * size)));
      EXPECT_TRUE(test::same_bits(single.dx, std::vector<float>(together.dx.begin() + size, together.dx.begin() + 2 * size)));
    }
}

TEST(GroupNorm, TheGradientMayBeOverwritten) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const GroupNormShape& s : {GroupNormShape{5, 1, 37, 1}, GroupNormShape{3, 30, 24, 4}}) {
      SCOPED_TRACE(trace(name, s));
      const Call<float> call = random_call<float>(s);
      Context context(1);
      Result<float> r = run(kernels, context, call);
      auto dy = call.dy;
      Scratch scratch(kernels.group_norm.workspace_bytes(s));
      kernels.group_norm.backward(context, s, call.x.data(), dy.data(), r.mean.data(), r.inverse_deviation.data(), call.gamma.data(),
                                  dy.data(), r.dgamma.data(), r.dbeta.data(), scratch.data());
      EXPECT_EQ(dy, r.dx);
    }
}

TEST(GroupNorm, TheReferencesGradientsAreDerivatives) {
  for (const GroupNormShape& s : {GroupNormShape{2, 1, 5, 1}, GroupNormShape{2, 3, 4, 2}, GroupNormShape{1, 4, 3, 3}}) {
    SCOPED_TRACE(trace("f64", s));
    const Call<double> call = random_call<double>(s);
    Context context(1);
    const auto value = [&](Call<double> at) { return test::dot(run(oracle(), context, at).y, call.dy); };
    const Result<double> r = run(oracle(), context, call);
    const auto numerical = [&](std::vector<double> Call<double>::*member) {
      return test::numerical_gradient(call.*member, [&](const std::vector<double>& values) {
        Call<double> moved = call;
        moved.*member = values;
        return value(moved);
      });
    };
    test::expect_gradient(r.dx, numerical(&Call<double>::x));
    test::expect_gradient(r.dgamma, numerical(&Call<double>::gamma));
    test::expect_gradient(r.dbeta, numerical(&Call<double>::beta));
  }
}

TEST(GroupNorm, InBf16IsRoundedOnce) {
  const kernels::TypedKernels<bf16>& kernels = kernels::cpu_table(active_isa()).bf16;
  for (const GroupNormShape& s : kShapes) {
    SCOPED_TRACE(trace("bf16", s));
    const Call<bf16> call = random_call<bf16>(s);
    Context context(1);
    const Result<double> expected = run(oracle(), context, call.as<double>());
    const Result<bf16> actual = run_on_any_threads(kernels, call);
    const double spread = largest(expected.inverse_deviation);
    const auto rounding = [&](std::vector<double> values, double f32_error) {
      for (double& value : values) value = std::abs(value) + f32_error * 0x1p8;
      return values;
    };
    test::expect_close(converted<float>(actual.y), expected.y, rounding(expected.y, 1e-6 * spread), 0x1.01p-8);
    test::expect_close(converted<float>(actual.dx), expected.dx, rounding(expected.dx, 2e-6 * spread * spread), 0x1.01p-8);
    const double terms = static_cast<double>(std::max<std::int64_t>(1, s.n * s.pixels));
    test::expect_close(actual.dgamma, expected.dgamma, all(expected.dgamma.size(), terms * spread), 1e-6);
    test::expect_close(actual.dbeta, expected.dbeta, all(expected.dbeta.size(), terms), 1e-6);
  }
}

}  // namespace
}  // namespace fovea
