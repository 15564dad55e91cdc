#include "fovea/autograd/ops/attention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/base/memory.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// Element by element. `added(n, i, j)`: what the mask and the order add to a score.
template <class Added>
std::vector<double> oracle(const Tensor& q, const Tensor& k, const Tensor& v, std::int64_t heads, double scale, Added added) {
  const std::int64_t queries = q.extent(1), keys = k.extent(1), depth = q.extent(2) / heads, value_depth = v.extent(2) / heads;
  std::vector<double> y(static_cast<std::size_t>(q.extent(0) * queries * v.extent(2)));
  const auto at = [](const Tensor& t, std::int64_t n, std::int64_t row, std::int64_t c) {
    return t.data<double>()[(n * t.extent(1) + row) * t.extent(2) + c];
  };
  for (std::int64_t n = 0; n < q.extent(0); ++n)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < queries; ++i) {
        std::vector<double> weights;
        double total = 0;
        for (std::int64_t j = 0; j < keys; ++j) {
          double score = 0;
          for (std::int64_t c = 0; c < depth; ++c) score += at(q, n, i, h * depth + c) * at(k, n, j, h * depth + c);
          weights.push_back(std::exp(scale * score + added(n, i, j)));
          total += weights.back();
        }
        for (std::int64_t c = 0; c < value_depth; ++c) {
          double sum = 0;
          for (std::int64_t j = 0; j < keys; ++j)
            sum += total == 0 ? 0 : weights[static_cast<std::size_t>(j)] / total * at(v, n, j, h * value_depth + c);
          y[static_cast<std::size_t>((n * queries + i) * v.extent(2) + h * value_depth + c)] = sum;
        }
      }
  return y;
}

double nothing(std::int64_t, std::int64_t, std::int64_t) { return 0; }

struct Case {
  std::int64_t samples, heads, queries, keys, depth, value_depth;
};
const Case kCases[] = {{2, 1, 3, 5, 4, 4}, {1, 3, 7, 2, 5, 1}, {3, 2, 1, 1, 1, 3}, {2, 4, 17, 19, 3, 2}, {0, 2, 3, 4, 2, 2}};

std::vector<Tensor> inputs(const Case& c) {
  return {test::uniform({c.samples, c.queries, c.heads * c.depth}, 1), test::uniform({c.samples, c.keys, c.heads * c.depth}, 2),
          test::uniform({c.samples, c.keys, c.heads * c.value_depth}, 3)};
}

Shape output_shape(const Case& c) { return {c.samples, c.queries, c.heads * c.value_depth}; }

void check(const Case& c, const AttentionOptions& options, const std::function<double(std::int64_t, std::int64_t, std::int64_t)>& added) {
  const std::vector<Tensor> in = inputs(c);
  const double scale = options.scale == 0 ? 1 / std::sqrt(static_cast<double>(c.depth)) : options.scale;
  const auto f = [&](const auto& variables) {
    AttentionOptions of_type = options;
    if (options.mask.defined() && options.mask.dtype() != DType::u8) of_type.mask = options.mask.to(variables[0].dtype());
    return attention(variables[0], variables[1], variables[2], of_type);
  };
  EXPECT_TRUE(test::near(f(std::vector<Variable>(in.begin(), in.end())).value(), oracle(in[0], in[1], in[2], c.heads, scale, added),
                         output_shape(c), 1e-14));
  EXPECT_TRUE(test::gradients_match(f, in));
  EXPECT_TRUE(test::f32_follows_f64(f, in));
}

std::string trace(const Case& c) {
  return std::to_string(c.samples) + " samples, " + std::to_string(c.heads) + " heads, " + std::to_string(c.queries) + " x " +
         std::to_string(c.keys);
}

TEST(Attention, ForwardAndGradients) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(trace(c));
    check(c, {.heads = c.heads}, nothing);
    check(c, {.heads = c.heads, .scale = 1.5}, nothing);
  }
}

TEST(Attention, CausalQueriesSeeWhatIsBehindThem) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(trace(c));
    check(c, {.heads = c.heads, .causal = true}, [](auto, auto i, auto j) { return j <= i ? 0.0 : kNever; });
  }
}

TEST(Attention, MasksAreAdded) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(trace(c));
    const Tensor mask = test::uniform({c.queries, c.keys}, 4);
    check(c, {.heads = c.heads, .mask = mask}, [&](auto, auto i, auto j) { return mask.data<double>()[i * c.keys + j]; });
    const Tensor per_sample = test::uniform({c.samples, c.keys}, 5);
    check(c, {.heads = c.heads, .causal = true, .mask = per_sample, .mask_per_sample = true},
          [&](auto n, auto i, auto j) { return j <= i ? per_sample.data<double>()[n * c.keys + j] : kNever; });
  }
}

/// Every third key is hidden, and in a mask of one's own for every query the third query sees nothing.
TEST(Attention, BooleanMasksHideKeys) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(trace(c));
    Tensor per_query = Tensor::full({c.queries, c.keys}, 1, DType::u8), per_sample = Tensor::full({c.samples, c.keys}, 1, DType::u8);
    for (std::int64_t i = 0; i < per_query.numel(); ++i)
      if (i % 3 == 1 || i / c.keys == 2) per_query.mutable_data<std::uint8_t>()[i] = 0;
    for (std::int64_t i = 0; i < per_sample.numel(); ++i)
      if (i % 3 == 1) per_sample.mutable_data<std::uint8_t>()[i] = 0;
    check(c, {.heads = c.heads, .mask = per_query},
          [&](auto, auto i, auto j) { return per_query.data<std::uint8_t>()[i * c.keys + j] != 0 ? 0 : kNever; });
    check(c, {.heads = c.heads, .mask = per_sample, .mask_per_sample = true},
          [&](auto n, auto, auto j) { return per_sample.data<std::uint8_t>()[n * c.keys + j] != 0 ? 0 : kNever; });
  }
}

TEST(Attention, OfOnePackedInputIsTheSame) {
  for (const Shape& shape : {Shape{2, 5, 24}, Shape{1, 1, 12}, Shape{3, 17, 36}, Shape{0, 4, 12}}) {
    SCOPED_TRACE(shape.to_string());
    const Tensor qkv = test::uniform(shape, 1);
    const std::int64_t width = shape[2] / 3, rows = shape[0] * shape[1];
    std::vector<std::vector<double>> parts(3);
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t c = 0; c < shape[2]; ++c)
        parts[static_cast<std::size_t>(c / width)].push_back(qkv.data<double>()[row * shape[2] + c]);
    const Shape part{shape[0], shape[1], width};
    const Tensor q = Tensor::from(parts[0], part), k = Tensor::from(parts[1], part), v = Tensor::from(parts[2], part);
    const auto f = [](const auto& in) { return self_attention(in[0], {.heads = 2, .causal = true}); };
    const auto expected =
        oracle(q, k, v, 2, 1 / std::sqrt(static_cast<double>(width) / 2), [](auto, auto i, auto j) { return j <= i ? 0 : kNever; });
    EXPECT_TRUE(test::near(f(std::vector{Variable(qkv)}).value(), expected, part, 1e-14));
    EXPECT_TRUE(test::gradients_match(f, {qkv}));
    EXPECT_TRUE(test::f32_follows_f64(f, {qkv}));
  }
}

TEST(Attention, InBf16IsTheF64ResultRounded) {
  const Tensor values = test::uniform({2, 5, 24}, 1).to(DType::bf16);
  const Variable x(values, true), wide(values.to(DType::f64), true);
  const Variable y = self_attention(x, {.heads = 2}), exact = self_attention(wide, {.heads = 2});
  ASSERT_EQ(y.dtype(), DType::bf16);
  EXPECT_TRUE(test::near(y.value(), exact.value(), 0x1p-8));
  const Tensor seed = test::uniform({2, 5, 8}, 2).to(DType::bf16);
  backward(y, seed);
  backward(exact, seed.to(DType::f64));
  EXPECT_TRUE(test::near(x.grad(), wide.grad(), 0x1p-8));
}

/// The weights of all heads would be 4 * 8 * 256 * 256 floats, 64 times the result.
TEST(Attention, KeepsNoWeightsForTheBackwardPass) {
  const Variable x(test::uniform({4, 256, 3 * 8 * 4}, 1).to(DType::f32), true);
  const std::size_t before = host_memory_statistics().current;
  const Variable y = self_attention(x, {.heads = 8});
  EXPECT_LE(host_memory_statistics().current - before, 4 * y.value().bytes());
}

TEST(Attention, Refuses) {
  const auto zeros = [](const Shape& shape, DType dtype = DType::f32) { return Variable(Tensor::zeros(shape, dtype)); };
  const Variable q = zeros({2, 3, 8}), k = zeros({2, 5, 8}), v = zeros({2, 5, 4});
  EXPECT_THAT([&] { attention(q, k, v, {.heads = 3}); },
              ThrowsMessage<ShapeError>(HasSubstr("[attention] 3 heads do not divide the features of the query [2,3,8]")));
  EXPECT_THAT([&] { attention(q, k, v, {.heads = 0}); }, ThrowsMessage<OptionError>(HasSubstr("[attention] at least one head, found 0")));
  EXPECT_THAT([&] { attention(q, k, v, {.scale = -1}); }, ThrowsMessage<OptionError>(HasSubstr("[attention] the scale is greater than 0")));
  EXPECT_THAT(
      [&] {
        attention(q, zeros({2, 5, 6}), v);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] key has shape [2,5,6], expected [2,5,8]")));
  EXPECT_THAT(
      [&] {
        attention(q, k, zeros({2, 4, 4}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] value has shape [2,4,4], expected [2,5,4]")));
  EXPECT_THAT([&] { attention(zeros({3, 8}), k, v); }, ThrowsMessage<ShapeError>(HasSubstr("[attention] query wants 3 axes")));
  EXPECT_THAT([&] { attention(q, zeros({2, 5, 8}, DType::f64), v); }, ThrowsMessage<ShapeError>(HasSubstr("[attention] key has type f64")));
  EXPECT_THAT(
      [&] {
        attention(q, k, v, {.mask = Tensor::zeros({3, 4})});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] mask has shape [3,4], expected [3,5]")));
  EXPECT_THAT(
      [&] {
        attention(q, k, v, {.mask = Tensor::zeros({2, 4}), .mask_per_sample = true});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] mask has shape [2,4], expected [2,5]")));
  EXPECT_THAT(
      [&] {
        attention(q, k, v, {.mask = Tensor::zeros({3, 5}, DType::i32)});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] mask has type i32")));
  EXPECT_THAT(
      [&] {
        self_attention(zeros({2, 3, 8}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] input [2,3,8] is to have queries")));
  EXPECT_THAT(
      [&] {
        self_attention(zeros({2, 3, 6}, DType::u8));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[attention] wants f32 or f64, found u8")));
}

}  // namespace
}  // namespace fovea
