#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using kernels::DropoutMask;
using test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

constexpr std::int64_t kCounts[] = {0, 1, 3, 4, 7, 15, 16, 17, 63, 67, 32767, 32768, 32769, 100003};

template <class T>
using Binary = void (*kernels::ElementwiseKernels<T>::*)(Context&, std::int64_t, const T*, const T*, T*);

template <class T>
std::vector<T> run(const kernels::TypedKernels<T>& kernels, Context& context, Binary<T> operation, const std::vector<T>& a,
                   const std::vector<T>& b) {
  std::vector<T> y(a.size());
  (kernels.elementwise.*operation)(context, static_cast<std::int64_t>(a.size()), a.data(), b.data(), y.data());
  return y;
}

TEST(Elementwise, TwoOperandsAreTheReferences) {
  struct {
    const char* name;
    Binary<float> f32;
    Binary<double> f64;
  } const operations[] = {
      {"add", &kernels::ElementwiseKernels<float>::add, &kernels::ElementwiseKernels<double>::add},
      {"subtract", &kernels::ElementwiseKernels<float>::subtract, &kernels::ElementwiseKernels<double>::subtract},
      {"multiply", &kernels::ElementwiseKernels<float>::multiply, &kernels::ElementwiseKernels<double>::multiply},
      {"relu_backward", &kernels::ElementwiseKernels<float>::relu_backward, &kernels::ElementwiseKernels<double>::relu_backward}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& operation : operations)
      for (const std::int64_t count : kCounts) {
        SCOPED_TRACE(std::string(name) + ", " + operation.name + " of " + std::to_string(count));
        const auto a = random_values<float>(count, 1), b = random_values<float>(count, 2);
        Context context(1);
        const auto expected = run(oracle(), context, operation.f64, converted<double>(a), converted<double>(b));
        const auto y = on_any_threads([&](Context& any) { return run(kernels, any, operation.f32, a, b); });
        EXPECT_EQ(y, converted<float>(expected));  // one operation: the f64 result rounded
      }
}

TEST(Elementwise, OutputMayBeAnInput) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    std::vector<float> a{1, 2, 3}, b{10, 20, 30};
    Context context(1);
    kernels.elementwise.add(context, 3, a.data(), b.data(), a.data());
    EXPECT_EQ(a, (std::vector<float>{11, 22, 33})) << name;
    kernels.elementwise.multiply(context, 3, a.data(), b.data(), b.data());
    EXPECT_EQ(b, (std::vector<float>{110, 440, 990})) << name;
    kernels.elementwise.affine(context, 3, 2, -1, b.data(), b.data());
    EXPECT_EQ(b, (std::vector<float>{219, 879, 1979})) << name;
  }
}

TEST(Elementwise, AffineIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t count : kCounts) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(count));
      const auto x = random_values<float>(count, 1);
      Context context(1);
      std::vector<double> expected(x.size());
      oracle().elementwise.affine(context, count, static_cast<double>(0.3f), -1.5, converted<double>(x).data(), expected.data());
      const auto y = on_any_threads([&](Context& any) {
        std::vector<float> result(x.size());
        kernels.elementwise.affine(any, count, 0.3f, -1.5f, x.data(), result.data());
        return result;
      });
      test::expect_close(y, expected, std::vector<double>(x.size(), 1.8), 1e-7);
    }
}

TEST(Elementwise, ReluKeepsNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::size_t count : {5u, 37u}) {
      SCOPED_TRACE(name);
      const float cycle[] = {-2, 3, nan, -inf, inf}, expected[] = {0, 3, nan, 0, inf}, gradient[] = {0, 1, 0, 0, 1};
      std::vector<float> x(count), y(count), dx(count), dy(count, 1);
      for (std::size_t i = 0; i < count; ++i) x[i] = cycle[i % 5];
      Context context(1);
      kernels.elementwise.relu(context, static_cast<std::int64_t>(count), x.data(), y.data());
      kernels.elementwise.relu_backward(context, static_cast<std::int64_t>(count), y.data(), dy.data(), dx.data());
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_TRUE(std::isnan(expected[i % 5]) ? std::isnan(y[i]) : y[i] == expected[i % 5]) << i << ": " << y[i];
        EXPECT_EQ(dx[i], gradient[i % 5]) << i;
      }
    }
}

TEST(Elementwise, ReluIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t count : kCounts) {
      const auto x = random_values<float>(count, 1);
      auto expected = x;
      for (float& value : expected) value = std::max(value, 0.f);
      const auto y = on_any_threads([&](Context& any) {
        std::vector<float> result(x.size());
        kernels.elementwise.relu(any, count, x.data(), result.data());
        return result;
      });
      EXPECT_EQ(y, expected) << name << ", " << count;
    }
}

/// Ones and zeros: what a dropout keeps.
template <class T>
std::vector<T> dropout_mask(const kernels::TypedKernels<T>& kernels, Context& context, DropoutMask mask, std::int64_t count) {
  const std::vector<T> ones(static_cast<std::size_t>(count), T{1});
  std::vector<T> y(ones.size());
  kernels.elementwise.dropout(context, count, mask, T{1}, ones.data(), y.data());
  return y;
}

TEST(Elementwise, DropoutMaskIsTheDocumentedOne) {
  constexpr DropoutMask kMask{0xDEADBEEF, 0x12345678, 0x80000000};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t count : kCounts) {
      const auto y = on_any_threads([&](Context& any) { return dropout_mask(kernels, any, kMask, count); });
      for (std::int64_t i = 0; i < count; ++i) {
        const auto words = philox4x32({kMask.key0, kMask.key1}, {static_cast<std::uint32_t>(i / 4), 0, 0, 0});
        const bool kept = words[static_cast<std::size_t>(i % 4)] >= kMask.threshold;
        ASSERT_EQ(y[static_cast<std::size_t>(i)], kept ? 1.f : 0.f) << name << ", element " << i << " of " << count;
      }
    }
}

TEST(Elementwise, DropoutScalesWhatItKeeps) {
  const DropoutMask mask{1, 2, 0x40000000};
  const auto x = random_values<float>(1000, 7);
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    std::vector<float> y(x.size());
    kernels.elementwise.dropout(context, 1000, mask, 4.f / 3, x.data(), y.data());
    const auto kept = dropout_mask(kernels, context, mask, 1000);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], kept[i] == 1 ? 4.f / 3 * x[i] : 0.f) << name;
  }
}

TEST(Elementwise, DropoutKeepsItsShare) {
  constexpr std::int64_t kCount = 200000;
  for (const double drop : {0.0, 0.1, 0.5, 0.9}) {
    const DropoutMask mask{3, 4, static_cast<std::uint32_t>(drop * 0x1p32)};
    Context context(1);
    const auto y = dropout_mask(kernels::cpu_table(active_isa()).f32, context, mask, kCount);
    double kept = 0;
    for (const float value : y) kept += value;
    const double deviation = std::sqrt(kCount * drop * (1 - drop));
    EXPECT_NEAR(kept, kCount * (1 - drop), 4 * deviation) << drop;
  }
}

TEST(Elementwise, DifferentKeysGiveDifferentMasks) {
  Context context(1);
  const auto& kernels = kernels::cpu_table(active_isa()).f32;
  const auto mask = dropout_mask(kernels, context, {1, 1, 0x80000000}, 256);
  EXPECT_NE(mask, dropout_mask(kernels, context, {2, 1, 0x80000000}, 256));
  EXPECT_NE(mask, dropout_mask(kernels, context, {1, 2, 0x80000000}, 256));
}

}  // namespace
}  // namespace fovea
