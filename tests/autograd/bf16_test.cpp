// What every operation promises for activations in bf16: the result of the f64 path at the same values, rounded, with f32 gradients of
// f32 parameters.
#include <gmock/gmock.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/cast.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/matmul.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "support/gradient_check.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr, testing::ThrowsMessage;

/// Half a unit in the last place of bf16, relative to the value, and a little for f32 sums before the rounding.
constexpr double kRounding = 0x1p-8 * 1.001;

testing::AssertionResult rounds(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.shape() != expected.shape()) return testing::AssertionFailure() << actual.shape().to_string();
  const auto values = test::values_of(actual), exact = test::values_of(expected);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(std::abs(values[i] - exact[i]) <= tolerance * std::abs(exact[i]) + 4e-6))
      return testing::AssertionFailure() << "element " << i << " is " << values[i] << ", expected " << exact[i];
  return testing::AssertionSuccess();
}

/// f with the first `activations` inputs in bf16 and the rest in f32, against f64 at the same values.
void expect_follows(const test::VariableFunction& f, const std::vector<Tensor>& inputs, std::size_t activations,
                    DType output = DType::bf16) {
  std::vector<Variable> narrow, wide;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor rounded = inputs[i].to(DType::bf16);
    narrow.emplace_back(i < activations ? rounded : rounded.to(DType::f32), true);
    wide.emplace_back(rounded.to(DType::f64), true);
  }
  const Variable y = f(narrow), exact = f(wide);
  ASSERT_EQ(y.dtype(), output);
  EXPECT_TRUE(rounds(y.value(), exact.value(), output == DType::bf16 ? kRounding : 2e-6));
  const Tensor seed = uniform(exact.shape(), 13).to(DType::bf16);
  backward(y, seed.to(output));
  backward(exact, seed.to(DType::f64));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_EQ(narrow[i].grad().dtype(), narrow[i].dtype()) << i;
    EXPECT_TRUE(rounds(narrow[i].grad(), wide[i].grad(), i < activations ? kRounding : 2e-6)) << "gradient of input " << i;
  }
}

TEST(Bf16Operations, Convolution) {
  const Conv2dGeometry geometries[] = {{.padding = 1}, {.stride = 2, .padding = {0, 1, 2, 1}}, {.dilation = 2, .groups = 1}};
  for (const Conv2dGeometry& geometry : geometries)
    expect_follows([&](const auto& in) { return conv2d(in[0], in[1], in[2], geometry); },
                   {uniform({2, 7, 6, 3}, 1), uniform({5, 3, 3, 3}, 2), uniform({5}, 3)}, 1);
  expect_follows([](const auto& in) { return conv2d(in[0], in[1], {}, {.groups = 4}); },
                 {uniform({1, 5, 5, 4}, 1), uniform({4, 2, 3, 1}, 2)}, 1);
  expect_follows([](const auto& in) { return conv2d(in[0], in[1]); }, {uniform({0, 5, 5, 4}, 1), uniform({4, 2, 3, 4}, 2)}, 1);
}

TEST(Bf16Operations, TransposedConvolution) {
  const ConvTranspose2dGeometry geometries[] = {{.stride = 2},
                                                {.stride = {2, 3}, .padding = 1, .output_padding = {1, 0}, .dilation = {1, 2}}};
  for (const ConvTranspose2dGeometry& geometry : geometries)
    expect_follows([&](const auto& in) { return conv_transpose2d(in[0], in[1], {}, geometry); },
                   {uniform({2, 4, 3, 6}, 1), uniform({6, 3, 2, 5}, 2)}, 1);
  expect_follows([](const auto& in) { return conv_transpose2d(in[0], in[1], {}, {.groups = 2}); },
                 {uniform({1, 3, 4, 4}, 1), uniform({4, 2, 2, 3}, 2)}, 1);
}

// The sum is a bf16 before the bias comes: on integers that have no rounding to lose.
TEST(Bf16Operations, TransposedConvolutionAddsAnF32Bias) {
  expect_follows([](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], {.stride = 2}); },
                 {test::integers({2, 3, 4, 3}, 1), test::integers({3, 2, 2, 5}, 2), test::integers({5}, 3)}, 1);
}

TEST(Bf16Operations, Concatenation) {
  expect_follows([](const auto& in) { return concat(in); }, {uniform({2, 3, 4, 5}, 1), uniform({2, 3, 4, 2}, 2), uniform({2, 3, 4, 1}, 3)},
                 3);
}

TEST(Bf16Operations, ConvolutionRoundsItsFilter) {
  const Variable x(uniform({1, 4, 4, 3}, 1).to(DType::bf16));
  const Tensor filter = uniform({2, 3, 3, 3}, 2).to(DType::f32), rounded = filter.to(DType::bf16).to(DType::f32);
  EXPECT_FALSE(test::identical(filter, rounded));
  EXPECT_TRUE(test::identical(conv2d(x, Variable(filter)).value(), conv2d(x, Variable(rounded)).value()));
}

TEST(Bf16Operations, OneCacheServesBothPrecisions) {
  PackedFilterCache cache;
  const Tensor x = uniform({1, 4, 4, 3}, 1).to(DType::f32);
  const Variable filter(uniform({2, 3, 3, 3}, 2).to(DType::f32));
  for (const DType dtype : {DType::f32, DType::bf16, DType::f32})
    EXPECT_TRUE(
        test::identical(conv2d(Variable(x.to(dtype)), filter, {}, {}, &cache).value(), conv2d(Variable(x.to(dtype)), filter).value()));
}

TEST(Bf16Operations, LinearAndMatmul) {
  expect_follows([](const auto& in) { return linear(in[0], in[1], in[2]); }, {uniform({5, 33}, 1), uniform({7, 33}, 2), uniform({7}, 3)},
                 1);
  expect_follows([](const auto& in) { return matmul(in[0], in[1]); }, {uniform({5, 19}, 1), uniform({19, 4}, 2)}, 2);
  expect_follows([](const auto& in) { return matmul(in[0], in[1], {.transpose_a = true, .transpose_b = true}); },
                 {uniform({19, 5}, 1), uniform({4, 19}, 2)}, 2);
}

TEST(Bf16Operations, BatchNorm) {
  for (const Shape& shape : {Shape{9, 3}, Shape{4, 3, 5, 17}, Shape{2, 1, 1, 33}}) {
    const std::int64_t channels = shape.at(-1);
    const std::vector<Tensor> inputs{uniform(shape, 1), uniform({channels}, 2), uniform({channels}, 3)};
    if (shape[0] > 2) expect_follows([](const auto& in) { return batch_norm(in[0], in[1], in[2]).output; }, inputs, 1);
    const Tensor mean = uniform({channels}, 4).to(DType::bf16), variance = Tensor::full({channels}, 0.5, DType::bf16);
    expect_follows(
        [&](const auto& in) { return batch_norm_fixed(in[0], in[1], in[2], mean.to(in[1].dtype()), variance.to(in[1].dtype())); }, inputs,
        1);
  }
}

TEST(Bf16Operations, PoolingKeepsItsPlaces) {
  const Pool2dGeometry geometry{.window = 3, .stride = 2, .padding = 1};
  for (const Shape& shape : {Shape{2, 7, 6, 3}, Shape{1, 5, 5, 17}, Shape{0, 5, 5, 2}}) {
    expect_follows([&](const auto& in) { return max_pool2d(in[0], geometry); }, {uniform(shape, 1)}, 1);
    expect_follows([&](const auto& in) { return average_pool2d(in[0], geometry, false); }, {uniform(shape, 1)}, 1);
    expect_follows([&](const auto& in) { return global_average_pool2d(in[0]); }, {uniform(shape, 1)}, 1);
  }
}

TEST(Bf16Operations, Elementwise) {
  const std::vector<Tensor> two{uniform({3, 37}, 1), uniform({3, 37}, 2)};
  expect_follows([](const auto& in) { return in[0] + in[1]; }, two, 2);
  expect_follows([](const auto& in) { return in[0] - in[1]; }, two, 2);
  expect_follows([](const auto& in) { return in[0] * in[1]; }, two, 2);
  expect_follows([](const auto& in) { return affine(in[0], 0.5, -0.25); }, {two[0]}, 1);
  expect_follows([](const auto& in) { return relu(in[0]); }, {two[0]}, 1);
  expect_follows([](const auto& in) { return flatten(reshape(in[0], {3, 37, 1})); }, {two[0]}, 1);
  expect_follows(
      [](const auto& in) {
        RandomStream stream(5);
        return dropout(in[0], 0.25, stream);
      },
      {two[0]}, 1);
}

TEST(Bf16Operations, SumsAreF32) {
  expect_follows([](const auto& in) { return sum(in[0]); }, {uniform({3, 37}, 1)}, 1, DType::f32);
  const Variable ones(Tensor::full({1000}, 1, DType::bf16));  // 1000 has no bf16
  EXPECT_EQ(sum(ones).item(), 1000);
  EXPECT_EQ(mean(ones).dtype(), DType::f32);
}

TEST(Bf16Operations, AccumulatedGradientsStayInTheirType) {
  const Variable x(uniform({4, 5}, 1).to(DType::bf16), true);
  backward(sum(x + x));
  EXPECT_TRUE(test::identical(x.grad(), Tensor::full({4, 5}, 2, DType::bf16)));
}

TEST(Cast, ConvertsAndTheGradientComesBack) {
  const Tensor values = uniform({3, 5}, 1);
  for (const DType from : {DType::f32, DType::f64, DType::bf16})
    for (const DType to : {DType::f32, DType::f64, DType::bf16}) {
      const Variable x(values.to(from), true);
      const Variable y = cast(x, to);
      EXPECT_TRUE(test::identical(y.value(), x.value().to(to)));
      const Tensor seed = uniform({3, 5}, 2).to(to);
      backward(y, seed);
      EXPECT_TRUE(test::identical(x.grad(), seed.to(from)));
    }
}

TEST(Cast, GradientsAreDerivatives) {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3, 4}})
    EXPECT_TRUE(test::gradients_match([](const auto& in) { return cast(in[0] * in[0], DType::f64); }, {uniform(shape, 1)}));
}

TEST(Cast, RefusesIntegers) {
  EXPECT_THAT([] { cast(Variable(Tensor::zeros({2}, DType::u8)), DType::f32); },
              ThrowsMessage<ShapeError>(HasSubstr("[cast] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([] { cast(Variable(Tensor::zeros({2})), DType::i64); },
              ThrowsMessage<ShapeError>(HasSubstr("[cast] to f32, f64 or bf16, found i64")));
  EXPECT_THAT([] { cast({}, DType::f32); }, ThrowsMessage<ShapeError>(HasSubstr("[cast] input 0 is undefined")));
}

TEST(Bf16Operations, LossesRefuse) {
  const Variable x(Tensor::zeros({2, 3}, DType::bf16));
  EXPECT_THAT([&] { softmax(x); }, ThrowsMessage<ShapeError>(HasSubstr("[softmax] is computed in f32 or f64, found bf16")));
  EXPECT_THAT([&] { cross_entropy(x, Tensor::zeros({2}, DType::i64)); },
              ThrowsMessage<ShapeError>(HasSubstr("[cross_entropy] is computed in f32 or f64, found bf16")));
}

TEST(Bf16Operations, ParametersInBf16AreRefused) {
  const Variable x(Tensor::zeros({1, 3, 3, 2}, DType::bf16)), filter(Tensor::zeros({4, 1, 1, 2}, DType::bf16)),
      f32_filter(Tensor::zeros({4, 1, 1, 2}));
  EXPECT_THAT([&] { conv2d(x, filter); },
              ThrowsMessage<ShapeError>(HasSubstr("[conv2d] filter has type bf16, expected f32 beside an input in bf16")));
  EXPECT_THAT([&] { conv2d(x, f32_filter, Variable(Tensor::zeros({4}, DType::f64))); },
              ThrowsMessage<ShapeError>(HasSubstr("[conv2d] bias has type f64, expected f32 beside an input in bf16")));
  const Variable one(Tensor::zeros({2}, DType::bf16));
  EXPECT_THAT([&] { batch_norm(x, one, one); },
              ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] gamma has type bf16, expected f32 beside an input in bf16")));
}

}  // namespace
}  // namespace fovea
