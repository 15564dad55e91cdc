#include "fovea/autograd/ops/conv_transpose2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  Shape x;       // [N,H,W,C]
  Shape filter;  // [C,R,S,K/groups]
  ConvTranspose2dGeometry geometry;
};

const Case kCases[] = {
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {"pointwise", {2, 3, 5, 7}, {7, 1, 1, 9}, {}},
    {"plain 3x3", {2, 4, 5, 3}, {3, 3, 3, 4}, {}},
    {"twice the size", {2, 3, 4, 6}, {6, 2, 2, 3}, {.stride = 2}},
    {"padded 3x3 doubles with output padding", {1, 4, 3, 2}, {2, 3, 3, 5}, {.stride = 2, .padding = 1, .output_padding = 1}},
    {"4x4 doubles", {1, 3, 4, 2}, {2, 4, 4, 3}, {.stride = 2, .padding = 1}},
    {"stride differs by axis", {1, 3, 4, 2}, {2, 3, 2, 3}, {.stride = {3, 2}, .output_padding = {2, 0}}},
    {"stride beyond the filter", {1, 3, 2, 2}, {2, 2, 1, 2}, {.stride = {3, 4}, .output_padding = {1, 3}}},
    {"asymmetric padding", {2, 4, 3, 2}, {2, 3, 4, 3}, {.padding = {2, 0, 1, 3}}},
    {"dilation", {1, 4, 3, 2}, {2, 3, 2, 3}, {.padding = {1, 2}, .dilation = {2, 3}}},
    {"dilation with stride", {2, 4, 3, 2}, {2, 3, 3, 2}, {.stride = {2, 3}, .padding = 2, .dilation = 2}},
    {"groups", {2, 3, 4, 6}, {6, 2, 3, 2}, {.stride = 2, .padding = 1, .groups = 3}},
    {"depthwise", {1, 4, 5, 5}, {5, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 5}},
    {"everything",
     {2, 4, 5, 4},
     {4, 3, 2, 3},
     {.stride = {2, 3}, .padding = {0, 2, 1, 1}, .output_padding = {1, 2}, .dilation = {1, 2}, .groups = 2}},
    {"wide channels", {1, 2, 3, 35}, {35, 2, 2, 33}, {.stride = 2}},
    {"empty batch", {0, 3, 4, 2}, {2, 2, 2, 3}, {.stride = 2}},
    {"no input channels", {2, 2, 3, 0}, {0, 2, 2, 3}, {.stride = 2}},
    {"no output channels", {2, 2, 3, 3}, {3, 2, 2, 0}, {.stride = 2}},
};

/// The definition: every input pixel adds its multiple of the filter to the output.
Tensor oracle(const Tensor& x, const Tensor& filter, const Tensor& bias, const ConvTranspose2dGeometry& g) {
  const std::int64_t n = x.extent(0), h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const std::int64_t r = filter.extent(1), s = filter.extent(2), depth = filter.extent(3), k = depth * g.groups;
  const std::int64_t p =
      (h - 1) * g.stride.height - g.padding.top - g.padding.bottom + g.dilation.height * (r - 1) + g.output_padding.height + 1;
  const std::int64_t q =
      (w - 1) * g.stride.width - g.padding.left - g.padding.right + g.dilation.width * (s - 1) + g.output_padding.width + 1;
  Tensor y = Tensor::zeros({n, p, q, k}, DType::f64);
  double* out = y.mutable_data<double>();
  for (std::int64_t e = 0; bias.defined() && e < y.numel(); ++e) out[e] = bias.data<double>()[e % k];
  for (std::int64_t image = 0; image < n; ++image)
    for (std::int64_t i = 0; i < h; ++i)
      for (std::int64_t j = 0; j < w; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel)
          for (std::int64_t a = 0; a < r; ++a)
            for (std::int64_t b = 0; b < s; ++b)
              for (std::int64_t d = 0; d < depth; ++d) {
                const std::int64_t row = i * g.stride.height + a * g.dilation.height - g.padding.top;
                const std::int64_t column = j * g.stride.width + b * g.dilation.width - g.padding.left;
                if (row < 0 || row >= p || column < 0 || column >= q) continue;
                const std::int64_t o = channel / (c / g.groups) * depth + d;
                out[((image * p + row) * q + column) * k + o] += x.data<double>()[((image * h + i) * w + j) * c + channel] *
                                                                 filter.data<double>()[((channel * r + a) * s + b) * depth + d];
              }
  return y;
}

Tensor bias_for(const Case& c, std::uint64_t seed) { return uniform({c.filter[3] * c.geometry.groups}, seed); }

TEST(ConvTranspose2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), bias = bias_for(c, 3);
    EXPECT_TRUE(test::near(conv_transpose2d(Variable(x), Variable(filter), Variable(bias), c.geometry).value(),
                           oracle(x, filter, bias, c.geometry), 1e-14))
        << c.name;
    EXPECT_TRUE(
        test::near(conv_transpose2d(Variable(x), Variable(filter), {}, c.geometry).value(), oracle(x, filter, {}, c.geometry), 1e-14))
        << c.name;
  }
}

TEST(ConvTranspose2d, Gradients) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), bias = bias_for(c, 3);
    const test::GradientCheckOptions options{.most_elements = 120};
    EXPECT_TRUE(test::gradients_match([&](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], c.geometry); }, {x, filter, bias},
                                      options))
        << c.name;
    EXPECT_TRUE(test::gradients_match([&](const auto& in) { return conv_transpose2d(in[0], in[1], {}, c.geometry); }, {x, filter}, options))
        << c.name;
  }
}

TEST(ConvTranspose2d, F32FollowsF64) {
  for (const Case& c : kCases)
    EXPECT_TRUE(test::f32_follows_f64([&](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], c.geometry); },
                                      {uniform(c.x, 1), uniform(c.filter, 2), bias_for(c, 3)}))
        << c.name;
}

// <conv2d(u), v> = <u, conv_transpose2d(v)> with one filter, exactly on integers: what the operation is named for.
TEST(ConvTranspose2d, IsTheTransposeOfConv2d) {
  const Tensor v = test::integers({2, 4, 3, 6}, 1), filter = test::integers({6, 3, 2, 5}, 2);
  const Variable up = conv_transpose2d(Variable(v), Variable(filter), {}, {.stride = {2, 3}, .padding = 1, .output_padding = {1, 0}});
  const Tensor u = test::integers(up.shape(), 3);
  const Variable down = conv2d(Variable(u), Variable(filter), {}, {.stride = {2, 3}, .padding = 1});
  ASSERT_EQ(down.shape(), v.shape());
  double left = 0, right = 0;
  for (std::int64_t i = 0; i < v.numel(); ++i) left += down.value().data<double>()[i] * v.data<double>()[i];
  for (std::int64_t i = 0; i < u.numel(); ++i) right += up.value().data<double>()[i] * u.data<double>()[i];
  EXPECT_NE(left, 0);
  EXPECT_EQ(left, right);
}

TEST(ConvTranspose2d, AnImagesBitsDoNotDependOnTheBatch) {
  const NoGradGuard no_grad;
  for (const Case& c : kCases) {
    if (c.x[0] == 0) continue;
    const Tensor x = uniform({7, c.x[1], c.x[2], c.x[3]}, 1).to(DType::f32);
    const Variable filter(uniform(c.filter, 2).to(DType::f32)), bias(bias_for(c, 3).to(DType::f32));
    const Tensor all = conv_transpose2d(Variable(x), filter, bias, c.geometry).value();
    for (std::int64_t i = 0; i < 7; ++i) {
      const Tensor one = conv_transpose2d(Variable(x.slice(i, i + 1).clone()), filter, bias, c.geometry).value();
      EXPECT_TRUE(test::identical(one, all.slice(i, i + 1))) << c.name << ", image " << i;
    }
  }
}

TEST(ConvTranspose2d, ThreadsDoNotMatter) {
  const Tensor x = uniform({2, 17, 19, 5}, 1).to(DType::f32), filter = uniform({5, 2, 2, 7}, 2).to(DType::f32);
  const auto run = [&](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    return conv_transpose2d(Variable(x), Variable(filter), Variable(uniform({7}, 3).to(DType::f32)), {.stride = 2}).value();
  };
  const Tensor expected = run(1);
  for (const int threads : {2, 3}) EXPECT_TRUE(test::identical(run(threads), expected)) << threads;
}

TEST(ConvTranspose2d, RefusesShapesThatDoNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 3})), filter(Tensor::zeros({3, 2, 2, 5}));
  const auto expect = [](const Variable& in, const Variable& weight, const ConvTranspose2dGeometry& geometry, const char* message) {
    EXPECT_THAT([&] { conv_transpose2d(in, weight, {}, geometry); }, ThrowsMessage<ShapeError>(HasSubstr(message)));
  };
  const auto zeros = [](const Shape& shape) { return Variable(Tensor::zeros(shape)); };
  expect(x, zeros({4, 2, 2, 5}), {}, "[conv_transpose2d] input [1,4,4,3] has 3 channels but the filter [4,2,2,5] wants 4");
  expect(x, filter, {.groups = 2}, "[conv_transpose2d] 3 channels cannot be shared by 2 groups");
  expect(zeros({4, 4, 3}), filter, {}, "[conv_transpose2d] input wants 4 axes [N,H,W,C], found [4,4,3]");
  expect(x, zeros({3, 2, 2}), {}, "[conv_transpose2d] filter wants 4 axes [C,R,S,K/groups], found [3,2,2]");
  expect(x, zeros({3, 0, 2, 5}), {}, "[conv_transpose2d] filter [3,0,2,5] has no cells");
  expect(zeros({1, 0, 4, 3}), filter, {}, "leaves nothing of input [1,0,4,3]");
  expect(x, filter, {.padding = 3}, "[conv_transpose2d] padding top 3, bottom 3, left 3, right 3 leaves nothing of input [1,4,4,3]");
  expect(zeros({0, std::int64_t{1} << 40, 1, 3}), filter, {}, "is higher or wider than");
  EXPECT_THAT([&] { conv_transpose2d(x, filter, zeros({3})); },
              ThrowsMessage<ShapeError>(HasSubstr("[conv_transpose2d] bias has shape [3], expected [5]")));
  EXPECT_THAT([&] { conv_transpose2d({}, filter); }, ThrowsMessage<ShapeError>(HasSubstr("[conv_transpose2d] input 0 is undefined")));
}

TEST(ConvTranspose2d, RefusesTypesThatDoNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 3})), filter(Tensor::zeros({3, 2, 2, 5}));
  const auto expect = [](const Variable& in, const Variable& weight, const Variable& bias, const char* message) {
    EXPECT_THAT([&] { conv_transpose2d(in, weight, bias); }, ThrowsMessage<ShapeError>(HasSubstr(message)));
  };
  expect(Variable(Tensor::zeros({1, 4, 4, 3}, DType::u8)), filter, {}, "[conv_transpose2d] wants f32, f64 or bf16, found u8");
  expect(x, Variable(Tensor::zeros({3, 2, 2, 5}, DType::f64)), {}, "[conv_transpose2d] filter has type f64, expected f32");
  expect(x, filter, Variable(Tensor::zeros({5}, DType::f64)), "[conv_transpose2d] bias has type f64, expected f32");
}

TEST(ConvTranspose2d, RefusesSettingsOutOfRange) {
  const Variable x(Tensor::zeros({1, 4, 4, 3})), filter(Tensor::zeros({3, 2, 2, 5}));
  const auto expect = [&](const ConvTranspose2dGeometry& geometry, const char* message) {
    EXPECT_THAT([&] { conv_transpose2d(x, filter, {}, geometry); }, ThrowsMessage<ShapeError>(HasSubstr(message)));
  };
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX}) {
    expect({.stride = {1, bad}}, "[conv_transpose2d] stride, dilation and groups are in");
    expect({.dilation = {bad, 1}}, "[conv_transpose2d] stride, dilation and groups are in");
    expect({.groups = bad}, "[conv_transpose2d] stride, dilation and groups are in");
  }
  for (const std::int64_t bad : {std::int64_t{-1}, INT64_MAX}) expect({.padding = {1, 1, bad, 1}}, "[conv_transpose2d] padding is in");
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{2}, INT64_MAX})
    expect({.stride = 2, .output_padding = {0, bad}},
           "[conv_transpose2d] output padding is at least 0 and less than the stride 2x2, found 0x");
}

}  // namespace
}  // namespace fovea
