#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::BroadcastShape;
using kernels::Context;
using test::absolute, test::converted, test::on_any_threads, test::oracle, test::random_values;

constexpr BroadcastShape kShapes[] = {
    {1, 1, 1},   {2, 3, 5},     {1, 7, 15},    {3, 49, 16},   {2, 64, 17}, {1, 3001, 3}, {1, 2, 40001}, {5, 1, 64}, {1, 90000, 1},
    {4, 129, 1}, {7, 32769, 1}, {2, 70000, 2}, {3, 200, 513}, {0, 4, 3},   {3, 0, 4},    {3, 4, 0},     {2, 0, 1},
};

std::string name_of(const BroadcastShape& s) {
  return std::to_string(s.outer) + ", " + std::to_string(s.rows) + ", " + std::to_string(s.inner);
}

std::int64_t large(const BroadcastShape& s) { return s.outer * s.rows * s.inner; }

template <class T>
std::vector<T> sums(const kernels::TypedKernels<T>& kernels, Context& context, const BroadcastShape& s, const std::vector<T>& a,
                    const std::vector<T>* b) {
  std::vector<T> y(static_cast<std::size_t>(s.outer * s.inner), static_cast<T>(9));
  test::Scratch scratch(kernels.broadcast.sum_workspace_bytes(s));
  kernels.broadcast.sum(context, s, a.data(), b == nullptr ? nullptr : b->data(), y.data(), scratch.data());
  return y;
}

TEST(Broadcast, HandWorked) {
  const BroadcastShape s{2, 2, 3};
  const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, b{1, 0, -1, 2, 3, 10};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    std::vector<float> y(x.size());
    kernels.broadcast.add(context, s, x.data(), b.data(), y.data());
    EXPECT_EQ(y, (std::vector<float>{2, 2, 2, 5, 5, 5, 9, 11, 19, 12, 14, 22}));
    kernels.broadcast.multiply(context, s, x.data(), b.data(), y.data());
    EXPECT_EQ(y, (std::vector<float>{1, 0, -3, 4, 0, -6, 14, 24, 90, 20, 33, 120}));
    EXPECT_EQ(sums<float>(kernels, context, s, x, nullptr), (std::vector<float>{5, 7, 9, 17, 19, 21}));
    EXPECT_EQ(sums(kernels, context, s, x, &x), (std::vector<float>{17, 29, 45, 149, 185, 225}));
  }
}

TEST(Broadcast, MapsAreTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BroadcastShape& s : kShapes) {
      SCOPED_TRACE(std::string(name) + ", " + name_of(s));
      const auto x = random_values<float>(large(s), 1), b = random_values<float>(s.outer * s.inner, 2);
      for (const bool multiply : {false, true}) {
        const auto run = [&](const kernels::TypedKernels<float>& k, Context& context) {
          std::vector<float> y = x;  // in place
          (multiply ? k.broadcast.multiply : k.broadcast.add)(context, s, y.data(), b.data(), y.data());
          return y;
        };
        Context context(1);
        EXPECT_EQ(on_any_threads([&](Context& any) { return run(kernels, any); }), run(kernels::reference_table().f32, context));
      }
    }
}

TEST(Broadcast, SumsAreTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const BroadcastShape& s : kShapes) {
      SCOPED_TRACE(std::string(name) + ", " + name_of(s));
      const auto a = random_values<float>(large(s), 1), b = random_values<float>(large(s), 2);
      const auto a64 = converted<double>(a), b64 = converted<double>(b), a_abs = absolute(a64), b_abs = absolute(b64);
      Context context(1);
      test::expect_close(on_any_threads([&](Context& any) { return sums<float>(kernels, any, s, a, nullptr); }),
                         sums<double>(oracle(), context, s, a64, nullptr), sums<double>(oracle(), context, s, a_abs, nullptr), 1e-6);
      test::expect_close(on_any_threads([&](Context& any) { return sums(kernels, any, s, a, &b); }), sums(oracle(), context, s, a64, &b64),
                         sums(oracle(), context, s, a_abs, &b_abs), 1e-6);
    }
}

TEST(Broadcast, AnEntryAloneHasTheBitsItHasAmongOthers) {
  const kernels::TypedKernels<float>& kernels = kernels::cpu_table(active_isa()).f32;
  const BroadcastShape all{3, 1000, 37}, one{1, 1000, 37};
  const auto a = random_values<float>(large(all), 1);
  Context context(2);
  const auto together = sums<float>(kernels, context, all, a, nullptr);
  for (std::int64_t o = 0; o < 3; ++o) {
    const std::vector<float> part(a.begin() + o * large(one), a.begin() + (o + 1) * large(one));
    EXPECT_EQ(sums<float>(kernels, context, one, part, nullptr),
              std::vector<float>(together.begin() + o * one.inner, together.begin() + (o + 1) * one.inner));
  }
}

TEST(Broadcast, Bf16IsTheReferences) {
  const kernels::TypedKernels<bf16>&kernels = kernels::cpu_table(active_isa()).bf16, &reference = kernels::reference_table().bf16;
  for (const BroadcastShape& s : kShapes) {
    SCOPED_TRACE(name_of(s));
    const auto x = random_values<bf16>(large(s), 1), b = random_values<bf16>(s.outer * s.inner, 2);
    Context context(1);
    for (const bool multiply : {false, true}) {
      const auto run = [&](const kernels::TypedKernels<bf16>& k, Context& any) {
        std::vector<bf16> y(x.size());
        (multiply ? k.broadcast.multiply : k.broadcast.add)(any, s, x.data(), b.data(), y.data());
        return y;
      };
      EXPECT_TRUE(test::same_bits(on_any_threads([&](Context& any) { return run(kernels, any); }), run(reference, context)));
    }
    const auto actual = on_any_threads([&](Context& any) { return sums<bf16>(kernels, any, s, x, nullptr); });
    const auto expected = sums<bf16>(reference, context, s, x, nullptr);
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_LE(std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])),
                0x1p-7 * std::abs(static_cast<double>(expected[i])) + 1e-6 * static_cast<double>(s.rows));
  }
}

}  // namespace
}  // namespace fovea
