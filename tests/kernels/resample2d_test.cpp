#include <cmath>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context, kernels::Resample2dShape, kernels::ResampleAxis;
using test::absolute, test::converted, test::on_any_threads, test::oracle, test::random_values;

constexpr double kGap = 77;  // what the memory between pixels holds before and after

/// What each place of an axis takes, for any type of weights.
struct Taps {
  std::vector<std::int64_t> begins{0};
  std::vector<std::int32_t> indices;
  std::vector<float> weights;

  std::int64_t places() const { return static_cast<std::int64_t>(begins.size()) - 1; }
};

/// `counts[i % size]` taps for place i, at indices that wander over the extent, repeated ones among them.
Taps taps(std::int64_t extent, std::int64_t places, const std::vector<std::int64_t>& counts, std::uint64_t seed) {
  Taps result;
  for (std::int64_t i = 0; i < places; ++i) {
    for (std::int64_t k = 0; k < counts[static_cast<std::size_t>(i) % counts.size()]; ++k)
      result.indices.push_back(static_cast<std::int32_t>((i * 3 + k * k + 1) % extent));
    result.begins.push_back(static_cast<std::int64_t>(result.indices.size()));
  }
  result.weights = random_values<float>(static_cast<std::int64_t>(result.indices.size()), seed);
  return result;
}

struct ResampleCase {
  const char* name;
  std::int64_t n, h, w, c;
  Taps rows, columns;
  std::int64_t gap = 0;

  Resample2dShape shape() const { return {n, h, w, c, rows.places(), columns.places(), c + gap, c + 2 * gap}; }
};

const std::vector<ResampleCase>& cases() {
  static const std::vector<ResampleCase> list = {
      {"one of one", 2, 4, 5, 3, taps(4, 7, {1}, 1), taps(5, 6, {1}, 2)},
      {"two of two", 2, 4, 5, 17, taps(4, 7, {2}, 1), taps(5, 9, {2}, 2)},
      {"four of four", 1, 6, 5, 16, taps(6, 3, {4}, 1), taps(5, 8, {4}, 2)},
      {"any number, none among them", 2, 5, 7, 15, taps(5, 6, {3, 0, 1, 2}, 1), taps(7, 5, {0, 2, 5}, 2)},
      {"many of many", 1, 40, 50, 2, taps(40, 2, {70}, 1), taps(50, 3, {64}, 2)},
      {"pitched", 2, 4, 3, 5, taps(4, 4, {2}, 1), taps(3, 5, {2}, 2), 3},
      {"one channel", 1, 9, 9, 1, taps(9, 18, {2}, 1), taps(9, 18, {2}, 2)},
      {"many tasks", 2, 40, 40, 33, taps(40, 80, {2}, 1), taps(40, 80, {2}, 2)},
      {"empty batch", 0, 4, 4, 3, taps(4, 4, {2}, 1), taps(4, 4, {2}, 2)},
      {"no channels", 2, 4, 4, 0, taps(4, 4, {2}, 1), taps(4, 4, {2}, 2)},
      {"no places", 2, 4, 4, 3, taps(4, 0, {2}, 1), taps(4, 4, {2}, 2)},
      {"no pixels", 1, 0, 0, 3, taps(1, 4, {0}, 1), taps(1, 3, {0}, 2)},
  };
  return list;
}

template <class T>
std::vector<T> resampled(const kernels::TypedKernels<T>& kernels, Context& context, const ResampleCase& c, const std::vector<T>& x,
                         bool magnitudes = false) {
  using Weight = kernels::WeightOf<T>;
  const auto weights = [&](const Taps& t) {
    std::vector<Weight> result(t.weights.begin(), t.weights.end());
    if (magnitudes)
      for (Weight& weight : result) weight = std::abs(weight);
    return result;
  };
  const std::vector<Weight> rows = weights(c.rows), columns = weights(c.columns);
  const Resample2dShape s = c.shape();
  std::vector<T> y(static_cast<std::size_t>(s.n * s.p * s.q * s.y_pitch), static_cast<T>(kGap));
  kernels.resample2d.apply(context, s, {c.rows.begins.data(), c.rows.indices.data(), rows.data()},
                           {c.columns.begins.data(), c.columns.indices.data(), columns.data()}, x.data(), y.data());
  return y;
}

std::int64_t x_count(const ResampleCase& c) { return c.n * c.h * c.w * c.shape().x_pitch; }

TEST(Resample2d, HandWorked) {
  ResampleCase c{"", 1, 2, 3, 1, {{0, 1, 1, 3}, {1, 0, 1}, {1, 1, 2}}, {{0, 2, 3}, {0, 2, 1}, {1, -1, 10}}};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    EXPECT_EQ(resampled<float>(kernels, context, c, {1, 2, 5, 3, 4, 4}), (std::vector<float>{-1, 40, 0, 0, -6, 100}));
  }
}

TEST(Resample2d, IsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const ResampleCase& c : cases()) {
      SCOPED_TRACE(std::string(name) + ", " + c.name);
      const auto x = random_values<float>(x_count(c), 3);
      const auto x64 = converted<double>(x);
      Context context(1);
      test::expect_close(on_any_threads([&](Context& any) { return resampled(kernels, any, c, x); }), resampled(oracle(), context, c, x64),
                         resampled(oracle(), context, c, absolute(x64), true), 1e-6);
    }
}

TEST(Resample2d, AnImageAloneHasTheBitsItHasInABatch) {
  const kernels::TypedKernels<float>& kernels = kernels::cpu_table(active_isa()).f32;
  ResampleCase all = cases()[3], one = all;
  one.n = 1;
  const auto x = random_values<float>(x_count(all), 3);
  Context context(2);
  const auto together = resampled(kernels, context, all, x);
  const std::vector<float> first(x.begin(), x.begin() + x_count(one));
  const auto alone = resampled(kernels, context, one, first);
  EXPECT_TRUE(test::same_bits(alone, std::vector<float>(together.begin(), together.begin() + static_cast<std::ptrdiff_t>(alone.size()))));
}

TEST(Resample2d, Bf16IsTheReferences) {
  const kernels::TypedKernels<bf16>&active = kernels::cpu_table(active_isa()).bf16, &reference = kernels::reference_table().bf16;
  for (const ResampleCase& c : cases()) {
    SCOPED_TRACE(c.name);
    const auto x = random_values<bf16>(x_count(c), 3);
    Context context(1);
    const auto actual = on_any_threads([&](Context& any) { return resampled(active, any, c, x); });
    const auto expected = resampled(reference, context, c, x);
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_LE(std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])),
                0x1p-7 * std::abs(static_cast<double>(expected[i])) + 1e-4);
  }
}

}  // namespace
}  // namespace fovea
