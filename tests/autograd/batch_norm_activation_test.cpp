#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{5, 1}, {9, 3}, {2, 3, 5, 4}, {3, 1, 7, 2}, {1, 3, 2, 35}};

/// x, gamma, beta, residual; no element of the sum before the activation is near its kink.
std::vector<Tensor> inputs_for(const Shape& shape) {
  const Shape channels{shape.at(-1)};
  return {uniform(shape, 1), uniform(channels, 2), uniform(channels, 3), uniform(shape, 4)};
}

/// The formula, by the definition of every statistic.
std::vector<double> oracle(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& residual, double epsilon) {
  const std::int64_t channels = x.extent(-1), rows = x.numel() / channels;
  std::vector<double> y(static_cast<std::size_t>(x.numel()));
  for (std::int64_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (std::int64_t row = 0; row < rows; ++row) mean += x.data<double>()[row * channels + c] / static_cast<double>(rows);
    for (std::int64_t row = 0; row < rows; ++row)
      variance += std::pow(x.data<double>()[row * channels + c] - mean, 2) / static_cast<double>(rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t i = row * channels + c;
      const double normalized = (x.data<double>()[i] - mean) / std::sqrt(variance + epsilon);
      const double sum =
          normalized * gamma.data<double>()[c] + beta.data<double>()[c] + (residual.defined() ? residual.data<double>()[i] : 0);
      y[static_cast<std::size_t>(i)] = sum > 0 ? sum : 0;
    }
  }
  return y;
}

TEST(BatchNormActivation, ForwardIsTheFormula) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.to_string());
    const auto in = inputs_for(shape);
    const Variable x(in[0]), gamma(in[1]), beta(in[2]), residual(in[3]);
    EXPECT_TRUE(
        test::near(batch_norm_activation(x, gamma, beta, {}, 1e-3).output.value(), oracle(in[0], in[1], in[2], {}, 1e-3), shape, 1e-13));
    const BatchNormResult added = batch_norm_activation(x, gamma, beta, residual, 1e-3);
    EXPECT_TRUE(test::near(added.output.value(), oracle(in[0], in[1], in[2], in[3], 1e-3), shape, 1e-13));
    const BatchNormResult plain = batch_norm(x, gamma, beta, 1e-3);
    EXPECT_TRUE(test::identical(added.mean, plain.mean));
    EXPECT_TRUE(test::identical(added.variance, plain.variance));
  }
}

TEST(BatchNormActivation, Gradients) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.to_string());
    const auto in = inputs_for(shape);
    const auto with = [](const auto& v) { return batch_norm_activation(v[0], v[1], v[2], v[3]).output; };
    const auto without = [](const auto& v) { return batch_norm_activation(v[0], v[1], v[2]).output; };
    EXPECT_TRUE(test::gradients_match(with, in));
    EXPECT_TRUE(test::gradients_match(without, {in[0], in[1], in[2]}));
    EXPECT_TRUE(test::f32_follows_f64(with, in, 1e-5));
    EXPECT_TRUE(test::f32_follows_f64(without, {in[0], in[1], in[2]}, 1e-5));
  }
}

TEST(BatchNormActivation, GradientsWithGivenStatistics) {
  for (const Shape& shape : {Shape{5, 1}, Shape{2, 3, 5, 4}, Shape{1, 3, 2, 35}, Shape{0, 3}, Shape{0, 4, 4, 2}}) {
    SCOPED_TRACE(shape.to_string());
    const auto in = inputs_for(shape);
    const Tensor mean = uniform({shape.at(-1)}, 5).to(DType::f32), variance = Tensor::full({shape.at(-1)}, 0.75);
    const auto f = [&](const auto& v) {
      const DType dtype = v[0].dtype();
      return batch_norm_activation_fixed(v[0], v[1], v[2], mean.to(dtype), variance.to(dtype), v[3]);
    };
    EXPECT_TRUE(test::gradients_match(f, in));
    EXPECT_TRUE(test::f32_follows_f64(f, in));
  }
}

TEST(BatchNormActivation, IsTheThreeOperationsItReplaces) {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool fixed : {false, true}) {
      const Shape shape{3, 5, 4, 6};
      std::vector<Variable> fused, apart;
      for (const Tensor& tensor : inputs_for(shape)) {
        fused.emplace_back(tensor.to(dtype), true);
        apart.emplace_back(tensor.to(dtype), true);
      }
      const Tensor mean = Tensor::full({6}, 0.25, dtype), variance = Tensor::full({6}, 2, dtype);
      const Variable y = fixed ? batch_norm_activation_fixed(fused[0], fused[1], fused[2], mean, variance, fused[3])
                               : batch_norm_activation(fused[0], fused[1], fused[2], fused[3]).output;
      const Variable z =
          fixed ? batch_norm_fixed(apart[0], apart[1], apart[2], mean, variance) : batch_norm(apart[0], apart[1], apart[2]).output;
      const Variable expected = relu(z + apart[3]);
      EXPECT_TRUE(test::identical(y.value(), expected.value()));
      const Tensor seed = uniform(shape, 9).to(dtype);
      backward(y, seed);
      backward(expected, seed);
      for (std::size_t i = 0; i < fused.size(); ++i) EXPECT_TRUE(test::identical(fused[i].grad(), apart[i].grad())) << "input " << i;
    }
}

TEST(BatchNormActivation, Bf16IsTheF32ResultRounded) {
  const Shape shape{4, 3, 3, 19};
  std::vector<Variable> narrow, wide;
  for (const Tensor& tensor : inputs_for(shape)) {
    const Tensor rounded = tensor.to(DType::bf16);
    narrow.emplace_back(tensor.rank() == 1 ? rounded.to(DType::f32) : rounded, true);
    wide.emplace_back(rounded.to(DType::f32), true);
  }
  const Variable y = batch_norm_activation(narrow[0], narrow[1], narrow[2], narrow[3]).output;
  const Variable exact = batch_norm_activation(wide[0], wide[1], wide[2], wide[3]).output;
  EXPECT_TRUE(test::identical(y.value(), exact.value().to(DType::bf16)));
  const Tensor seed = uniform(shape, 9).to(DType::bf16);
  backward(y, seed);
  backward(exact, seed.to(DType::f32));
  for (std::size_t i = 0; i < narrow.size(); ++i)
    EXPECT_TRUE(test::identical(narrow[i].grad(), wide[i].grad().to(narrow[i].dtype()))) << "input " << i;
}

TEST(BatchNormActivation, AChangedResultIsFoundOut) {
  const Variable x(uniform({4, 2}, 1), true), gamma(uniform({2}, 2), true), beta(uniform({2}, 3), true), residual(uniform({4, 2}, 4));
  const Variable y = batch_norm_activation(x, gamma, beta, residual).output;
  Tensor(y.value()).fill_(1);
  EXPECT_THAT(
      [&] {
        backward(y, Tensor::full({4, 2}, 1, DType::f64));
      },
      ThrowsMessage<Error>(testing::AllOf(HasSubstr("[batch_norm_activation]"), HasSubstr("[fill_]"))));
}

TEST(BatchNormActivation, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 4, 4, 3})), one(Tensor::full({3}, 1));
  EXPECT_THAT(
      [&] {
        batch_norm_activation(x, one, one, Variable(Tensor::zeros({2, 4, 4, 1})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm_activation] residual has shape [2,4,4,1], expected [2,4,4,3]")));
  EXPECT_THAT(
      [&] {
        batch_norm_activation(x, one, one, Variable(Tensor::zeros({2, 4, 4, 3}, DType::bf16)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm_activation] residual has type bf16, expected f32 as the first input")));
  EXPECT_THAT([&] { batch_norm_activation(x, Variable(Tensor::zeros({4})), one); },
              ThrowsMessage<ShapeError>(HasSubstr("[batch_norm_activation] gamma has shape [4], expected [3]")));
  EXPECT_THAT(
      [&] {
        batch_norm_activation(Variable(Tensor::zeros({0, 3})), one, one);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm_activation] no elements to take statistics of: input [0,3]")));
}

}  // namespace
}  // namespace fovea
