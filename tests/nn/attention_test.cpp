// Attention layers, positions, patches and the transformer block: names, options, errors. Their numbers are compared with torch's in
// attention_golden_test.cpp.
#include "fovea/nn/attention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/position.hpp"
#include "fovea/nn/transformer.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor uniform(const Shape& shape, std::uint64_t seed = 1) { return Tensor::from(test::random_values<double>(shape.numel(), seed), shape); }

std::vector<std::string> names_of(const Module& module) {
  std::vector<std::string> names;
  for (const StateEntry& entry : module.state_dict()) names.push_back(entry.name);
  return names;
}

TEST(MultiheadAttention, HasTorchsNamesAndShapes) {
  MultiheadAttention layer(6, {.heads = 3}), bare(6, {.heads = 2, .bias = false});
  EXPECT_THAT(names_of(layer), testing::ElementsAre("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"));
  EXPECT_THAT(names_of(bare), testing::ElementsAre("in_proj_weight", "out_proj.weight"));
  EXPECT_EQ(layer.in_proj_weight.shape(), Shape({18, 6}));
  EXPECT_EQ(bare(Variable(Tensor::zeros({2, 3, 6}))).shape(), Shape({2, 3, 6}));
}

TEST(MultiheadAttention, OfItselfIsSelfAttention) {
  MultiheadAttention layer(6, {.heads = 3});
  layer.to(DType::f64);
  const Variable x(uniform({2, 4, 6}));
  const auto self = layer(x).value().to_vector<double>(), cross = layer.forward(x, x).value().to_vector<double>();
  for (std::size_t i = 0; i < self.size(); ++i) EXPECT_NEAR(self[i], cross[i], 1e-14);
}

TEST(MultiheadAttention, MasksPerSampleHideKeys) {
  MultiheadAttention layer(6, {.heads = 3});
  layer.to(DType::f64);
  const Tensor values = uniform({2, 4, 6}), mask = Tensor::from(std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1, 1, 1}, {2, 4});
  Tensor other = values.clone();
  for (std::int64_t c = 0; c < 6; ++c) other.mutable_data<double>()[3 * 6 + c] = 100;  // the hidden token of sample 0
  const auto of = [&](const Tensor& x) {
    return layer.forward(Variable(x), {.mask = mask, .per_sample = true}).value().to_vector<double>();
  };
  const auto a = of(values), b = of(other);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i / 6 == 3) continue;  // as a query it is what it is
    EXPECT_NEAR(a[i], b[i], 1e-14) << i;
  }
}

TEST(MultiheadAttention, RunsInBf16) {
  MultiheadAttention layer(8, {.heads = 2});
  const Tensor x = uniform({2, 5, 8}).to(DType::bf16);
  const Tensor narrow = layer(Variable(x)).value(), wide = layer(Variable(x.to(DType::f32))).value();
  ASSERT_EQ(narrow.dtype(), DType::bf16);
  const auto a = narrow.to(DType::f64).to_vector<double>(), b = wide.to(DType::f64).to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 0.03);  // four roundings of values about 1
}

TEST(MultiheadAttention, Refuses) {
  EXPECT_THAT([] { MultiheadAttention(6, {.heads = 4}); },
              ThrowsMessage<OptionError>(HasSubstr("[multihead_attention] the heads divide the features, found 4 heads and 6 features")));
  EXPECT_THROW(MultiheadAttention(6, {.heads = 0}), OptionError);
  MultiheadAttention layer(6);
  EXPECT_THAT(
      [&] {
        layer(Variable(Tensor::zeros({2, 3, 5})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[multihead_attention] expected an input [N, length, 6], found [2,3,5]")));
  EXPECT_THAT(
      [&] {
        layer.forward(Variable(Tensor::zeros({2, 3, 6})), Variable(Tensor::zeros({3, 6})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("found [3,6]")));
  EXPECT_THAT([&] { layer({}); }, ThrowsMessage<ShapeError>(HasSubstr("found none")));
}

TEST(SinusoidalPositions, AreSinesAndCosines) {
  const Tensor p = sinusoidal_positions(50, 6);
  ASSERT_EQ(p.shape(), Shape({50, 6}));
  for (int t = 0; t < 50; ++t)
    for (int i = 0; i < 3; ++i) {
      const double angle = t / std::pow(10000, 2 * i / 6.0);
      EXPECT_NEAR(p.data<float>()[t * 6 + 2 * i], std::sin(angle), 1e-6);
      EXPECT_NEAR(p.data<float>()[t * 6 + 2 * i + 1], std::cos(angle), 1e-6);
    }
  EXPECT_THROW(sinusoidal_positions(5, 3), OptionError);
}

TEST(SinusoidalPositions, OfAnImageAreThoseOfRowAndColumn) {
  const Tensor p = sinusoidal_positions2d(3, 5, 8), line = sinusoidal_positions(5, 4);
  ASSERT_EQ(p.shape(), Shape({15, 8}));
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x)
      for (int c = 0; c < 8; ++c) EXPECT_EQ(p.data<float>()[(y * 5 + x) * 8 + c], line.data<float>()[c < 4 ? y * 4 + c : x * 4 + c - 4]);
  EXPECT_THROW(sinusoidal_positions2d(2, 2, 6), OptionError);
}

TEST(LearnedPositions, AreAddedToEverySample) {
  LearnedPositions layer(3, 4);
  EXPECT_THAT(names_of(layer), testing::ElementsAre("pos_embedding"));
  EXPECT_EQ(layer.pos_embedding.shape(), Shape({1, 3, 4}));
  layer.to(DType::f64);
  const Tensor x = uniform({5, 3, 4}), own = layer.pos_embedding.value();
  const Tensor y = layer(Variable(x)).value();
  for (std::int64_t i = 0; i < x.numel(); ++i) EXPECT_EQ(y.data<double>()[i], x.data<double>()[i] + own.data<double>()[i % 12]);
  EXPECT_TRUE(test::gradients_match(
      [&](const std::vector<Variable>& in) {
        layer.pos_embedding = in[1];
        return layer(in[0]);
      },
      {x, own}));
  EXPECT_THAT(
      [&] {
        layer(Variable(Tensor::zeros({5, 4, 4})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[learned_positions] expected an input [N,3,4], found [5,4,4]")));
}

TEST(PatchEmbedding, IsAConvolutionOfPatches) {
  PatchEmbedding layer(3, 5, 4);
  EXPECT_THAT(names_of(layer), testing::ElementsAre("weight", "bias"));
  EXPECT_EQ(layer.parameters()[0].layout.kind, FileLayout::Kind::conv_filter);
  layer.to(DType::f64);
  const Variable x(uniform({2, 8, 12, 3}));
  const Variable y = layer(x);
  ASSERT_EQ(y.shape(), Shape({2, 6, 5}));
  // Token 4 of sample 1 is the patch of rows 4 to 7 and columns 4 to 7.
  for (std::int64_t e = 0; e < 5; ++e) {
    double sum = layer.bias.value().data<double>()[e];
    for (std::int64_t r = 0; r < 4; ++r)
      for (std::int64_t s = 0; s < 4; ++s)
        for (std::int64_t c = 0; c < 3; ++c)
          sum += x.value().data<double>()[((8 + 4 + r) * 12 + 4 + s) * 3 + c] *
                 layer.weight.value().data<double>()[((e * 4 + r) * 4 + s) * 3 + c];
    EXPECT_NEAR(y.value().data<double>()[(6 + 4) * 5 + e], sum, 1e-13);
  }
  EXPECT_THAT(
      [&] {
        layer(Variable(Tensor::zeros({2, 8, 10, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[patch_embedding] expected an image batch [N,H,W,C] that 4x4 patches fill, found [2,8,10,3]")));
  EXPECT_THROW(PatchEmbedding(3, 5, 0), OptionError);
}

TEST(TransformerBlock, HidesTheFutureAndHasFourTimesTheFeaturesInside) {
  TransformerBlock block(6, {.heads = 2});
  EXPECT_EQ(block.parameter_count(), 12 * 6 * 6 + 3 * 6 + 6 + 4 * 6 + 6 + 4 * 6);
  block.to(DType::f64);
  const Tensor values = uniform({1, 4, 6});
  Tensor other = values.clone();
  for (std::int64_t c = 0; c < 6; ++c) other.mutable_data<double>()[3 * 6 + c] = 7;
  const auto a = block.forward(Variable(values), {.causal = true}).value().to_vector<double>();
  const auto b = block.forward(Variable(other), {.causal = true}).value().to_vector<double>();
  for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(a[i], b[i]) << i;
  EXPECT_NE(a[18], b[18]);
}

}  // namespace
}  // namespace fovea
