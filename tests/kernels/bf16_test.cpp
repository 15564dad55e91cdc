// The bf16 kernels of an instruction set against the reference, which computes wider and rounds once.
#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::BatchNormShape;
using kernels::Context;
using kernels::Pool2dShape;
using test::on_any_threads, test::random_values;

const kernels::KernelTable& active() { return kernels::cpu_table(active_isa()); }
const kernels::TypedKernels<bf16>& oracle() { return kernels::reference_table().bf16; }

constexpr std::int64_t kCounts[] = {0, 1, 3, 4, 7, 15, 16, 17, 33, 63, 67, 32767, 32769};

/// Equal but for the last bit: sums in f32 and in double may fall on different sides of a tie. Where terms cancel, `magnitude` bounds
/// what f32 leaves of them.
void expect_neighbours(const std::vector<bf16>& actual, const std::vector<bf16>& expected, double magnitude) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double value = expected[i];
    ASSERT_LE(std::abs(actual[i] - value), 0x1p-7 * std::abs(value) + 1e-6 * magnitude)
        << "element " << i << ": " << actual[i] << ", " << value;
  }
}

std::vector<float> every_kind_of_float() {
  std::vector<float> values;
  const auto add = [&](std::uint32_t bits) { values.push_back(std::bit_cast<float>(bits)); };
  for (std::uint32_t upper = 0; upper <= 0xFFFF; ++upper)
    for (const std::uint32_t lower : {0x0000U, 0x0001U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU}) add(upper << 16 | lower);
  return values;
}

TEST(Bf16Kernels, ConversionIsTheValueTypes) {
  std::vector<float> x = every_kind_of_float();   // ties, subnormal numbers, infinities, quiet and signalling NaN of both signs
  for (std::size_t skip = 0; skip < 3; ++skip) {  // so that each kind meets several lanes and the end of a row
    x.resize(x.size() - skip);
    const auto y = on_any_threads([&](Context& any) {
      std::vector<bf16> narrow(x.size());
      active().conversion.f32_to_bf16(any, static_cast<std::int64_t>(x.size()), x.data(), narrow.data());
      return narrow;
    });
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i].bits, bf16(x[i]).bits) << std::hex << std::bit_cast<std::uint32_t>(x[i]);
    const auto back = on_any_threads([&](Context& any) {
      std::vector<float> wide(y.size());
      active().conversion.bf16_to_f32(any, static_cast<std::int64_t>(y.size()), y.data(), wide.data());
      return wide;
    });
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(std::bit_cast<std::uint32_t>(back[i]), std::uint32_t{y[i].bits} << 16);
  }
}

TEST(Bf16Kernels, ConversionEndsWhereItShould) {
  for (const std::int64_t count : {0, 1, 5, 15, 16, 17, 31}) {
    const std::vector<float> x(static_cast<std::size_t>(count), 1);
    std::vector<bf16> y(static_cast<std::size_t>(count) + 1, bf16(7));
    Context context(1);
    active().conversion.f32_to_bf16(context, count, x.data(), y.data());
    EXPECT_EQ(y.back(), 7.0F) << count;
    for (std::int64_t i = 0; i < count; ++i) EXPECT_EQ(y[static_cast<std::size_t>(i)], 1.0F);
  }
}

/// run(kernels, context): the same bits as the reference, for any number of threads.
template <class Run>
void expect_same(Run run) {
  Context context(1);
  const std::vector<bf16> expected = run(oracle(), context);
  EXPECT_TRUE(test::same_bits(on_any_threads([&](Context& any) { return run(active().bf16, any); }), expected));
}

TEST(Bf16Kernels, ElementwiseIsTheReferences) {
  for (const std::int64_t count : kCounts) {
    SCOPED_TRACE(count);
    const auto a = random_values<bf16>(count, 1), b = random_values<bf16>(count, 2);
    const auto run = [&](auto operation) {
      expect_same([&](const kernels::TypedKernels<bf16>& kernels, Context& context) {
        std::vector<bf16> y(a.size());
        operation(kernels.elementwise, context, y.data());
        return y;
      });
    };
    run([&](const auto& k, Context& c, bf16* y) { k.add(c, count, a.data(), b.data(), y); });
    run([&](const auto& k, Context& c, bf16* y) { k.subtract(c, count, a.data(), b.data(), y); });
    run([&](const auto& k, Context& c, bf16* y) { k.multiply(c, count, a.data(), b.data(), y); });
    run([&](const auto& k, Context& c, bf16* y) { k.affine(c, count, -0.5F, 0.25F, a.data(), y); });  // exact before it is rounded
    run([&](const auto& k, Context& c, bf16* y) { k.relu(c, count, a.data(), y); });
    run([&](const auto& k, Context& c, bf16* y) { k.relu_backward(c, count, a.data(), b.data(), y); });
    run([&](const auto& k, Context& c, bf16* y) { k.dropout(c, count, {3, 4, 0x60000000}, 1.6F, a.data(), y); });
  }
}

TEST(Bf16Kernels, ReluKeepsNan) {
  const auto nan = bf16(std::numeric_limits<float>::quiet_NaN());
  const std::vector<bf16> x{nan, bf16(-1), bf16(2)};
  std::vector<bf16> y(3);
  Context context(1);
  active().bf16.elementwise.relu(context, 3, x.data(), y.data());
  EXPECT_EQ(y[0].bits, nan.bits);
  EXPECT_EQ(y[1], 0.0F);
  EXPECT_EQ(y[2], 2.0F);
}

Pool2dShape pool(std::int64_t n, std::int64_t size, std::int64_t channels, std::int64_t window, std::int64_t stride, std::int64_t padding) {
  const std::int64_t out = (size + 2 * padding - window) / stride + 1;
  return {.n = n,
          .h = size,
          .w = size + 1,
          .c = channels,
          .p = out,
          .q = (size + 1 + 2 * padding - window) / stride + 1,
          .window_h = window,
          .window_w = window,
          .stride_h = stride,
          .stride_w = stride,
          .pad_top = padding,
          .pad_left = padding,
          .x_pitch = channels + 1,
          .y_pitch = channels + 2,
          .count_padding = padding == 0};
}

TEST(Bf16Kernels, PoolingIsTheReferences) {
  for (const Pool2dShape& s : {pool(2, 7, 3, 2, 2, 0), pool(1, 9, 17, 3, 2, 1), pool(2, 8, 16, 2, 2, 0), pool(1, 9, 33, 3, 3, 0),
                               pool(1, 6, 1, 3, 1, 1), pool(3, 5, 64, 5, 5, 0), pool(0, 5, 4, 2, 2, 0), pool(1, 7, 31, 2, 3, 0)}) {
    SCOPED_TRACE(std::to_string(s.c) + " channels, window " + std::to_string(s.window_h));
    const auto x = random_values<bf16>(s.n * s.h * s.w * s.x_pitch, 1), dy = random_values<bf16>(s.n * s.p * s.q * s.y_pitch, 2);
    const auto run = [&](auto operation, std::size_t size, double tolerance) {
      const auto on = [&](const kernels::TypedKernels<bf16>& kernels, Context& context) {
        std::vector<bf16> result(size, bf16(9));  // between the pixels nothing is written
        operation(kernels.pool2d, context, result.data());
        return result;
      };
      Context context(1);
      expect_neighbours(on_any_threads([&](Context& any) { return on(active().bf16, any); }), on(oracle(), context), tolerance);
    };
    std::vector<std::int32_t> places(static_cast<std::size_t>(s.n * s.p * s.q * s.c)), expected_places = places;
    std::vector<bf16> y(dy.size()), expected(dy.size());
    Context context(1);
    oracle().pool2d.max_forward(context, s, x.data(), expected.data(), expected_places.data());
    active().bf16.pool2d.max_forward(context, s, x.data(), y.data(), places.data());
    EXPECT_TRUE(test::same_bits(y, expected));
    EXPECT_EQ(places, expected_places);
    run([&](const auto& k, Context& c, bf16* out) { k.max_forward(c, s, x.data(), out, nullptr); }, dy.size(), 0);
    run([&](const auto& k, Context& c, bf16* out) { k.max_backward(c, s, dy.data(), places.data(), out); }, x.size(), 9);
    run([&](const auto& k, Context& c, bf16* out) { k.average_forward(c, s, x.data(), out); }, dy.size(), 1);
    run([&](const auto& k, Context& c, bf16* out) { k.average_backward(c, s, dy.data(), out); }, x.size(), 1);
  }
}

TEST(Bf16Kernels, SumsAreF32) {
  for (const std::int64_t columns : {1, 3, 6, 15, 16, 17, 31, 64, 131})
    for (const std::int64_t rows : {0, 1, 5, 255, 257, 3001}) {
      SCOPED_TRACE(std::to_string(rows) + " rows of " + std::to_string(columns));
      const auto x = random_values<bf16>(rows * columns, 1);
      for (const bool whole : {false, true}) {
        const auto on = [&](const kernels::ReduceKernels<bf16>& reduce, Context& context) {
          std::vector<float> y(whole ? 1 : static_cast<std::size_t>(columns), -1);
          test::Scratch scratch(whole ? reduce.sum_workspace_bytes(rows * columns) : reduce.sum_rows_workspace_bytes(rows, columns));
          if (whole)
            reduce.sum(context, rows * columns, x.data(), y.data(), scratch.data());
          else
            reduce.sum_rows(context, rows, columns, columns, x.data(), y.data(), scratch.data());
          return y;
        };
        Context context(1);
        const auto expected = on(oracle().reduce, context);
        test::expect_close(on_any_threads([&](Context& any) { return on(active().bf16.reduce, any); }), test::converted<double>(expected),
                           std::vector<double>(expected.size(), static_cast<double>(rows * (whole ? columns : 1))), 1e-6);
      }
    }
}

TEST(Bf16Kernels, BatchNormsMaskOfXIsThatOfTheResult) {
  for (const BatchNormShape& s : {BatchNormShape{1, 3}, {65, 15}, {64, 16}, {300, 31}, {1000, 67}, {4999, 6}, {7001, 1}}) {
    SCOPED_TRACE(std::to_string(s.rows) + " rows of " + std::to_string(s.channels));
    const std::int64_t count = s.rows * s.channels;
    const auto x = random_values<bf16>(count, 1), dy = random_values<bf16>(count, 2);
    const auto mean = random_values<float>(s.channels, 5), deviation = random_values<float>(s.channels, 6);
    const auto gamma = random_values<float>(s.channels, 7), beta = random_values<float>(s.channels, 8);
    const auto& k = active().bf16.batch_norm;
    Context context(1);
    std::vector<bf16> y(x.size()), by_y(x.size()), by_x(x.size());
    k.normalize(context, s, x.data(), mean.data(), deviation.data(), gamma.data(), beta.data(), nullptr, kernels::Activation::relu,
                y.data());
    const auto backward = [&](kernels::BatchNormMask<bf16> mask, std::vector<bf16>& dx) {
      std::vector<float> sums(static_cast<std::size_t>(2 * s.channels));
      test::Scratch scratch(k.workspace_bytes(s));
      k.backward(context, s, x.data(), mask, dy.data(), mean.data(), deviation.data(), gamma.data(), dx.data(), nullptr, sums.data(),
                 sums.data() + s.channels, scratch.data());
      return sums;
    };
    EXPECT_EQ(backward({.y = y.data()}, by_y), backward({.beta = beta.data()}, by_x));
    EXPECT_EQ(by_y, by_x);
  }
}

TEST(Bf16Kernels, BatchNormIsTheReferences) {
  for (const BatchNormShape& s :
       {BatchNormShape{1, 3}, {2, 1}, {65, 15}, {64, 16}, {129, 17}, {300, 31}, {1000, 67}, {4999, 6}, {7001, 1}}) {
    SCOPED_TRACE(std::to_string(s.rows) + " rows of " + std::to_string(s.channels));
    const std::int64_t count = s.rows * s.channels;
    const auto x = random_values<bf16>(count, 1), dy = random_values<bf16>(count, 2), residual = random_values<bf16>(count, 3);
    const auto mask = random_values<bf16>(count, 4);
    const auto mean = random_values<float>(s.channels, 5), deviation = random_values<float>(s.channels, 6);
    const auto gamma = random_values<float>(s.channels, 7), beta = random_values<float>(s.channels, 8);
    Context one(1);
    const auto statistics = [&](const kernels::BatchNormKernels<bf16>& k, Context& context) {
      std::vector<float> result(static_cast<std::size_t>(2 * s.channels));
      test::Scratch scratch(k.workspace_bytes(s));
      k.statistics(context, s, x.data(), result.data(), result.data() + s.channels, scratch.data());
      return result;
    };
    const auto expected_statistics = test::converted<double>(statistics(oracle().batch_norm, one));
    test::expect_close(on_any_threads([&](Context& any) { return statistics(active().bf16.batch_norm, any); }), expected_statistics,
                       std::vector<double>(expected_statistics.size(), 1), 1e-6);
    for (const bool fused : {false, true}) {
      const auto normalize = [&](const kernels::BatchNormKernels<bf16>& k, Context& context) {
        std::vector<bf16> y(x.size());
        k.normalize(context, s, x.data(), mean.data(), deviation.data(), gamma.data(), beta.data(), fused ? residual.data() : nullptr,
                    fused ? kernels::Activation::relu : kernels::Activation::none, y.data());
        return y;
      };
      expect_neighbours(on_any_threads([&](Context& any) { return normalize(active().bf16.batch_norm, any); }),
                        normalize(oracle().batch_norm, one), 4);
      for (const bool fixed : {false, true}) {
        std::vector<float> sums, expected_sums;
        const auto backward = [&](const kernels::BatchNormKernels<bf16>& k, Context& context, std::vector<float>& gradients) {
          std::vector<bf16> result(x.size() * (fused ? 2 : 1));
          gradients.assign(static_cast<std::size_t>(2 * s.channels), -1);
          test::Scratch scratch(k.workspace_bytes(s));
          (fixed ? k.backward_fixed : k.backward)(context, s, x.data(), {.y = fused ? mask.data() : nullptr}, dy.data(), mean.data(),
                                                  deviation.data(), gamma.data(), result.data(), fused ? result.data() + count : nullptr,
                                                  gradients.data(), gradients.data() + s.channels, scratch.data());
          return result;
        };
        const auto expected = backward(oracle().batch_norm, one, expected_sums);
        expect_neighbours(on_any_threads([&](Context& any) { return backward(active().bf16.batch_norm, any, sums); }), expected, 6);
        test::expect_close(sums, test::converted<double>(expected_sums),
                           std::vector<double>(sums.size(), 2.0 * static_cast<double>(s.rows)), 1e-6);
      }
    }
  }
}

TEST(Bf16Kernels, LossesAndOptimizersHaveNone) {
  EXPECT_EQ(active().bf16.softmax.forward, nullptr);
  EXPECT_EQ(active().bf16.optimizer.sgd, nullptr);
}

}  // namespace
}  // namespace fovea
