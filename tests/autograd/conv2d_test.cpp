#include "fovea/autograd/ops/conv2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  Shape x;       // [N,H,W,C]
  Shape filter;  // [K,R,S,C/groups]
  Conv2dGeometry geometry;
};

const Case kCases[] = {
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {"pointwise", {2, 3, 5, 7}, {9, 1, 1, 7}, {}},
    {"plain 3x3", {2, 7, 5, 3}, {4, 3, 3, 3}, {}},
    {"padded 3x3", {1, 4, 6, 2}, {5, 3, 3, 2}, {.padding = 1}},
    {"stride 2 leaves a row over", {2, 8, 7, 3}, {2, 3, 3, 3}, {.stride = 2, .padding = 1}},
    {"stride differs by axis", {1, 9, 8, 2}, {3, 3, 2, 2}, {.stride = {3, 2}}},
    {"stride beyond the filter", {1, 7, 9, 2}, {2, 2, 1, 2}, {.stride = {3, 4}}},
    {"asymmetric padding", {2, 5, 4, 2}, {3, 3, 4, 2}, {.padding = {2, 0, 1, 3}}},
    {"padding beyond the filter", {1, 2, 3, 2}, {2, 2, 2, 2}, {.padding = {3, 2, 0, 4}}},
    {"dilation", {1, 9, 8, 2}, {3, 3, 2, 2}, {.padding = {1, 2}, .dilation = {2, 3}}},
    {"dilation with stride", {2, 11, 9, 2}, {2, 3, 3, 2}, {.stride = {2, 3}, .padding = 2, .dilation = 2}},
    {"groups", {2, 5, 6, 6}, {9, 3, 2, 2}, {.padding = 1, .groups = 3}},
    {"depthwise", {1, 7, 6, 5}, {5, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 5}},
    {"depthwise, two filters a channel", {1, 5, 5, 3}, {6, 3, 3, 1}, {.padding = 1, .groups = 3}},
    {"everything", {2, 10, 9, 4}, {6, 3, 2, 2}, {.stride = {2, 1}, .padding = {0, 2, 1, 1}, .dilation = {1, 2}, .groups = 2}},
    {"wide channels", {1, 3, 3, 35}, {33, 2, 2, 35}, {}},
    {"the whole image", {3, 4, 4, 3}, {5, 4, 4, 3}, {}},
    {"empty batch", {0, 5, 4, 2}, {3, 3, 3, 2}, {.padding = 1}},
    {"no input channels", {2, 4, 4, 0}, {3, 3, 3, 0}, {}},
    {"no filters", {2, 4, 4, 3}, {0, 3, 3, 3}, {}},
};

/// The definition, loop by loop.
Tensor oracle(const Tensor& x, const Tensor& filter, const Tensor& bias, const Conv2dGeometry& g) {
  const std::int64_t n = x.extent(0), h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const std::int64_t k = filter.extent(0), r = filter.extent(1), s = filter.extent(2), depth = filter.extent(3);
  const std::int64_t p = (h + g.padding.top + g.padding.bottom - g.dilation.height * (r - 1) - 1) / g.stride.height + 1;
  const std::int64_t q = (w + g.padding.left + g.padding.right - g.dilation.width * (s - 1) - 1) / g.stride.width + 1;
  std::vector<double> y;
  for (std::int64_t image = 0; image < n; ++image)
    for (std::int64_t i = 0; i < p; ++i)
      for (std::int64_t j = 0; j < q; ++j)
        for (std::int64_t o = 0; o < k; ++o) {
          double sum = bias.defined() ? bias.data<double>()[o] : 0;
          for (std::int64_t a = 0; a < r; ++a)
            for (std::int64_t b = 0; b < s; ++b)
              for (std::int64_t d = 0; d < depth; ++d) {
                const std::int64_t row = i * g.stride.height + a * g.dilation.height - g.padding.top;
                const std::int64_t column = j * g.stride.width + b * g.dilation.width - g.padding.left;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const std::int64_t channel = o / (k / g.groups) * depth + d;
                sum += x.data<double>()[((image * h + row) * w + column) * c + channel] *
                       filter.data<double>()[((o * r + a) * s + b) * depth + d];
              }
          y.push_back(sum);
        }
  return Tensor::from(y, {n, p, q, k});
}

TEST(Conv2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), bias = uniform({c.filter[0]}, 3);
    EXPECT_TRUE(
        test::near(conv2d(Variable(x), Variable(filter), Variable(bias), c.geometry).value(), oracle(x, filter, bias, c.geometry), 1e-14))
        << c.name;
    EXPECT_TRUE(test::near(conv2d(Variable(x), Variable(filter), {}, c.geometry).value(), oracle(x, filter, {}, c.geometry), 1e-14))
        << c.name;
  }
}

TEST(Conv2d, Gradients) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), bias = uniform({c.filter[0]}, 3);
    const test::GradientCheckOptions options{.most_elements = 120};
    EXPECT_TRUE(test::gradients_match([&](const auto& in) { return conv2d(in[0], in[1], in[2], c.geometry); }, {x, filter, bias}, options))
        << c.name;
    EXPECT_TRUE(test::gradients_match([&](const auto& in) { return conv2d(in[0], in[1], {}, c.geometry); }, {x, filter}, options))
        << c.name;
  }
}

TEST(Conv2d, F32FollowsF64) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), bias = uniform({c.filter[0]}, 3);
    EXPECT_TRUE(test::f32_follows_f64([&](const auto& in) { return conv2d(in[0], in[1], in[2], c.geometry); }, {x, filter, bias}))
        << c.name;
  }
}

TEST(Conv2d, ExactOnIntegersInF32) {
  for (const Case& c : kCases) {
    const Tensor x = test::integers(c.x, 1), filter = test::integers(c.filter, 2), bias = test::integers({c.filter[0]}, 3);
    const auto run = [&](DType dtype) {
      std::vector<Variable> in;
      for (const Tensor& tensor : {x, filter, bias}) in.emplace_back(tensor.to(dtype), true);
      const Variable y = conv2d(in[0], in[1], in[2], c.geometry);
      backward(y, test::integers(y.shape(), 4).to(dtype));
      return std::vector{test::values_of(y.value()), test::values_of(in[0].grad()), test::values_of(in[1].grad()),
                         test::values_of(in[2].grad())};
    };
    EXPECT_EQ(run(DType::f32), run(DType::f64)) << c.name;
  }
}

TEST(Conv2d, AnEmptyBatchGivesZeroParameterGradients) {
  const Variable x(Tensor::zeros({0, 5, 4, 2}), true), filter(Tensor::full({3, 3, 3, 2}, 1), true), bias(Tensor::full({3}, 1), true);
  const Variable y = conv2d(x, filter, bias);
  EXPECT_EQ(y.shape(), (Shape{0, 3, 2, 3}));
  backward(y, Tensor::zeros(y.shape()));
  EXPECT_EQ(x.grad().shape(), x.shape());
  EXPECT_THAT(filter.grad().to_vector<float>(), testing::Each(0.F));
  EXPECT_THAT(bias.grad().to_vector<float>(), testing::Each(0.F));
}

TEST(Conv2d, BatchedInputsGetTheirOwnGradientsAndParametersTheSum) {
  const Tensor images = uniform({3, 5, 4, 2}, 1), seed = uniform({3, 3, 2, 4}, 2);
  const Variable batch(images, true), filter(uniform({4, 3, 3, 2}, 3), true);
  backward(conv2d(batch, filter), seed);
  std::vector<double> filter_sum(static_cast<std::size_t>(filter.shape().numel()));
  for (std::int64_t i = 0; i < 3; ++i) {
    const Variable one(images.slice(i, i + 1).clone(), true), same_filter(filter.value(), true);
    backward(conv2d(one, same_filter), seed.slice(i, i + 1));
    EXPECT_TRUE(test::identical(one.grad(), batch.grad().slice(i, i + 1)));
    for (std::size_t e = 0; e < filter_sum.size(); ++e) filter_sum[e] += same_filter.grad().data<double>()[e];
  }
  EXPECT_TRUE(test::near(filter.grad(), filter_sum, filter.shape(), 1e-14));
}

TEST(Conv2d, AnImagesBitsDoNotDependOnTheBatch) {
  const NoGradGuard no_grad;
  for (const Case& c : kCases) {
    if (c.x[0] == 0) continue;
    const Shape many{7, c.x[1], c.x[2], c.x[3]};
    const Tensor x = uniform(many, 1).to(DType::f32);
    const Variable filter(uniform(c.filter, 2).to(DType::f32));
    const Tensor all = conv2d(Variable(x), filter, {}, c.geometry).value();
    for (std::int64_t i = 0; i < many[0]; ++i) {
      const Tensor one = conv2d(Variable(x.slice(i, i + 1).clone()), filter, {}, c.geometry).value();
      EXPECT_TRUE(test::identical(one, all.slice(i, i + 1))) << c.name << ", image " << i;
    }
  }
}

TEST(Conv2d, TheCacheGivesTheSameBits) {
  const NoGradGuard no_grad;
  for (const Case& c : kCases)
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Variable x(uniform(c.x, 1).to(dtype)), filter(uniform(c.filter, 2).to(dtype));
      PackedFilterCache cache;
      const Tensor plain = conv2d(x, filter, {}, c.geometry).value();
      EXPECT_TRUE(test::identical(conv2d(x, filter, {}, c.geometry, &cache).value(), plain)) << c.name;
      EXPECT_TRUE(test::identical(conv2d(x, filter, {}, c.geometry, &cache).value(), plain)) << c.name;
    }
}

TEST(Conv2d, TheCacheFollowsTheFilter) {
  const NoGradGuard no_grad;
  const Variable x(uniform({1, 6, 6, 3}, 1).to(DType::f32));
  Variable filter(uniform({5, 3, 3, 3}, 2).to(DType::f32));
  PackedFilterCache cache;
  const auto check = [&] { EXPECT_TRUE(test::identical(conv2d(x, filter, {}, {}, &cache).value(), conv2d(x, filter).value())); };
  check();
  Tensor(filter.value()).copy_(uniform({5, 3, 3, 3}, 3).to(DType::f32));  // in place
  check();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {  // new tensors, some of them at the address of a dead one
    filter.set_value(uniform({5, 3, 3, 3}, seed).to(DType::f32));
    if (seed % 2 != 0) check();
  }
}

TEST(Conv2d, RefusesShapesThatDoNotFit) {
  const Variable x(Tensor::zeros({1, 8, 8, 3})), filter(Tensor::zeros({4, 3, 3, 3}));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({64, 7, 7, 4})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] input [1,8,8,3] has 3 channels but the filter [64,7,7,4] in 1 group wants 4")));
  EXPECT_THAT([&] { conv2d(x, filter, {}, {.groups = 3}); }, ThrowsMessage<ShapeError>(HasSubstr("in 3 groups wants 9")));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({4, 3, 3, 1})), {}, {.groups = 3});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] 4 filters cannot be shared by 3 groups")));
  EXPECT_THAT(
      [&] {
        conv2d(Variable(Tensor::zeros({8, 8, 3})), filter);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] input wants 4 axes [N,H,W,C], found [8,8,3]")));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({3, 3, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] filter wants 4 axes [K,R,S,C/groups]")));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({4, 0, 3, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] filter [4,0,3,3] has no cells")));
  EXPECT_THAT([&] { conv2d(x, filter, Variable(Tensor::zeros({3}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[conv2d] bias has shape [3], expected [4]")));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({4, 9, 3, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] filter [4,9,3,3] with dilation 1x1 does not fit into input [1,8,8,3]")));
  EXPECT_THAT([&] { conv2d(x, filter, {}, {.dilation = 4}); }, ThrowsMessage<ShapeError>(HasSubstr("with dilation 4x4 does not fit")));
}

TEST(Conv2d, RefusesTypesThatDoNotFit) {
  const Variable x(Tensor::zeros({1, 8, 8, 3})), filter(Tensor::zeros({4, 3, 3, 3}));
  EXPECT_THAT(
      [&] {
        conv2d(Variable(Tensor::zeros({1, 8, 8, 3}, DType::u8)), filter);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT(
      [&] {
        conv2d(x, Variable(Tensor::zeros({4, 3, 3, 3}, DType::f64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[conv2d] filter has type f64, expected f32")));
  EXPECT_THAT([&] { conv2d(x, filter, Variable(Tensor::zeros({4}, DType::f64))); },
              ThrowsMessage<ShapeError>(HasSubstr("[conv2d] bias has type f64, expected f32")));
  EXPECT_THAT([&] { conv2d({}, filter); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] input 0 is undefined")));
  EXPECT_THAT([&] { conv2d(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] input 1 is undefined")));
}

TEST(Conv2d, RefusesSettingsOutOfRange) {
  const Variable x(Tensor::zeros({1, 8, 8, 3})), filter(Tensor::zeros({4, 3, 3, 3}));
  constexpr std::int64_t kHuge = INT64_MAX;
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, kHuge}) {
    EXPECT_THAT(
        [&] {
          conv2d(x, filter, {}, {.stride = {1, bad}});
        },
        ThrowsMessage<ShapeError>(HasSubstr("[conv2d] stride, dilation and groups")));
    EXPECT_THAT(
        [&] {
          conv2d(x, filter, {}, {.dilation = {bad, 1}});
        },
        ThrowsMessage<ShapeError>(HasSubstr("[conv2d] stride, dilation and groups")));
    EXPECT_THAT([&] { conv2d(x, filter, {}, {.groups = bad}); },
                ThrowsMessage<ShapeError>(HasSubstr("[conv2d] stride, dilation and groups")));
  }
  for (const std::int64_t bad : {std::int64_t{-1}, kHuge})
    EXPECT_THAT([&] { conv2d(x, filter, {}, {.padding = {1, 1, bad, 1}}); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] padding is")));
}

}  // namespace
}  // namespace fovea
