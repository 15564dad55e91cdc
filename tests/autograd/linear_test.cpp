#include "fovea/autograd/ops/linear.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Extents {
  std::int64_t rows, inputs, outputs;
};
const Extents kExtents[] = {{1, 1, 1}, {3, 5, 7}, {17, 9, 2}, {2, 33, 10}, {0, 4, 3}};

std::vector<double> oracle(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const std::int64_t inputs = x.extent(1), outputs = weight.extent(0);
  std::vector<double> y;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t o = 0; o < outputs; ++o) {
      double sum = bias.defined() ? bias.data<double>()[o] : 0;
      for (std::int64_t i = 0; i < inputs; ++i) sum += x.data<double>()[n * inputs + i] * weight.data<double>()[o * inputs + i];
      y.push_back(sum);
    }
  return y;
}

TEST(Linear, ForwardAndGradients) {
  for (const auto& [rows, inputs, outputs] : kExtents) {
    SCOPED_TRACE(testing::Message() << rows << " " << inputs << " " << outputs);
    const Tensor x = uniform({rows, inputs}, 1), weight = uniform({outputs, inputs}, 2), bias = uniform({outputs}, 3);
    EXPECT_TRUE(test::near(linear(Variable(x), Variable(weight), Variable(bias)).value(), oracle(x, weight, bias), {rows, outputs}, 1e-14));
    EXPECT_TRUE(test::near(linear(Variable(x), Variable(weight)).value(), oracle(x, weight, {}), {rows, outputs}, 1e-14));
    const auto with_bias = [](const auto& in) { return linear(in[0], in[1], in[2]); };
    const auto without = [](const auto& in) { return linear(in[0], in[1]); };
    EXPECT_TRUE(test::gradients_match(with_bias, {x, weight, bias}));
    EXPECT_TRUE(test::gradients_match(without, {x, weight}));
    EXPECT_TRUE(test::f32_follows_f64(with_bias, {x, weight, bias}));
  }
}

TEST(Linear, AnEmptyBatchGivesZeroParameterGradients) {
  const Variable x(Tensor::zeros({0, 4}), true), weight(Tensor::full({3, 4}, 1), true), bias(Tensor::full({3}, 1), true);
  const Variable y = linear(x, weight, bias);
  EXPECT_EQ(y.shape(), (Shape{0, 3}));
  backward(y, Tensor::zeros({0, 3}));
  EXPECT_EQ(x.grad().shape(), x.shape());
  EXPECT_THAT(weight.grad().to_vector<float>(), testing::Each(0.F));
  EXPECT_THAT(bias.grad().to_vector<float>(), testing::Each(0.F));
}

TEST(Linear, NoInputsGiveTheBias) {
  const Variable x(Tensor::zeros({2, 0}), true), weight(Tensor::zeros({3, 0}), true), bias(Tensor::from<float>({1, 2, 3}, {3}), true);
  const Variable y = linear(x, weight, bias);
  EXPECT_THAT(y.value().to_vector<float>(), testing::ElementsAre(1, 2, 3, 1, 2, 3));
  backward(y, Tensor::full({2, 3}, 1));
  EXPECT_THAT(bias.grad().to_vector<float>(), testing::Each(2.F));
}

TEST(Linear, ExactOnIntegersInF32) {
  const Tensor x = test::integers({33, 70}, 1), weight = test::integers({17, 70}, 2), bias = test::integers({17}, 3);
  const auto run = [](const Tensor& a, const Tensor& b, const Tensor& c) { return linear(Variable(a), Variable(b), Variable(c)).value(); };
  EXPECT_EQ(test::values_of(run(x.to(DType::f32), weight.to(DType::f32), bias.to(DType::f32))), oracle(x, weight, bias));
}

TEST(Linear, ARowsBitsDoNotDependOnTheBatch) {
  const NoGradGuard no_grad;
  const Tensor x = uniform({67, 50}, 1).to(DType::f32);
  const Variable weight(uniform({19, 50}, 2).to(DType::f32)), bias(uniform({19}, 3).to(DType::f32));
  PackedFilterCache cache;
  const Tensor all = linear(Variable(x), weight, bias, &cache).value();
  for (const std::int64_t rows : {1, 2, 5, 16, 33})
    for (std::int64_t begin = 0; begin + rows <= 67; begin += 13) {
      const Tensor some = linear(Variable(x.slice(begin, begin + rows).clone()), weight, bias, &cache).value();
      EXPECT_TRUE(test::identical(some, all.slice(begin, begin + rows))) << rows << " rows from " << begin;
    }
}

TEST(Linear, TheCacheFollowsTheWeight) {
  const NoGradGuard no_grad;
  const Variable x(uniform({3, 5}, 1).to(DType::f32));
  Variable weight(uniform({4, 5}, 2).to(DType::f32));
  PackedFilterCache cache;
  EXPECT_TRUE(test::identical(linear(x, weight, {}, &cache).value(), linear(x, weight).value()));
  Tensor(weight.value()).fill_(0.5);  // in place
  EXPECT_TRUE(test::identical(linear(x, weight, {}, &cache).value(), linear(x, weight).value()));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {  // new tensors, some of them at the address of a dead one
    weight.set_value(uniform({4, 5}, seed).to(DType::f32));
    if (seed % 2 == 0) continue;
    EXPECT_TRUE(test::identical(linear(x, weight, {}, &cache).value(), linear(x, weight).value())) << seed;
  }
}

TEST(Linear, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3})), weight(Tensor::zeros({4, 3}));
  EXPECT_THAT(
      [&] {
        linear(x, Variable(Tensor::zeros({4, 5})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[linear] input [2,3] has 3 features but the weight [4,5] wants 5")));
  EXPECT_THAT(
      [&] {
        linear(Variable(Tensor::zeros({2, 3, 1})), weight);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[linear] input wants 2 axes")));
  EXPECT_THAT([&] { linear(x, Variable(Tensor::zeros({4}))); }, ThrowsMessage<ShapeError>(HasSubstr("[linear] weight wants 2 axes")));
  EXPECT_THAT([&] { linear(x, weight, Variable(Tensor::zeros({3}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[linear] bias has shape [3], expected [4]")));
  EXPECT_THAT(
      [&] {
        linear(x, Variable(Tensor::zeros({4, 3}, DType::f64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[linear] weight has type f64, expected f32")));
  EXPECT_THAT([&] { linear(x, weight, Variable(Tensor::zeros({4}, DType::f64))); },
              ThrowsMessage<ShapeError>(HasSubstr("[linear] bias has type f64, expected f32")));
  EXPECT_THAT(
      [&] {
        linear(Variable(Tensor::zeros({2, 3}, DType::u8)), weight);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[linear] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([&] { linear({}, weight); }, ThrowsMessage<ShapeError>(HasSubstr("[linear] input 0 is undefined")));
  EXPECT_THAT([&] { linear(x, {}); }, ThrowsMessage<ShapeError>(HasSubstr("[linear] input 1 is undefined")));
}

}  // namespace
}  // namespace fovea
