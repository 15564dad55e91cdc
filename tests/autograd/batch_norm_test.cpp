#include "fovea/autograd/ops/batch_norm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{5, 1}, {4, 3}, {2, 3, 5, 4}, {3, 1, 7, 2}, {1, 3, 2, 35}, {2, 3, 4}};

struct Statistics {
  std::vector<double> mean, variance;
};

/// Two passes over each channel; the variance is biased.
Statistics statistics_of(const Tensor& x) {
  const std::int64_t channels = x.extent(-1), rows = x.numel() / channels;
  Statistics s;
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t row = 0; row < rows; ++row) sum += x.data<double>()[row * channels + c];
    const double mean = sum / static_cast<double>(rows);
    for (std::int64_t row = 0; row < rows; ++row) squares += std::pow(x.data<double>()[row * channels + c] - mean, 2);
    s.mean.push_back(mean);
    s.variance.push_back(squares / static_cast<double>(rows));
  }
  return s;
}

std::vector<double> oracle(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Statistics& s, double epsilon) {
  std::vector<double> y;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto c = static_cast<std::size_t>(i % x.extent(-1));
    y.push_back((x.data<double>()[i] - s.mean[c]) / std::sqrt(s.variance[c] + epsilon) * gamma.data<double>()[c] + beta.data<double>()[c]);
  }
  return y;
}

Shape channels_of(const Shape& x) { return {x.at(-1)}; }

/// Statistics that are not those of the batch.
Tensor some_variance(const Shape& x) { return Tensor::full(channels_of(x), 0.7, DType::f64); }

TEST(BatchNorm, ForwardIsTheFormula) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.to_string());
    const Tensor x = uniform(shape, 1), gamma = uniform(channels_of(shape), 2), beta = uniform(channels_of(shape), 3);
    const Statistics s = statistics_of(x);
    const BatchNormResult result = batch_norm(Variable(x), Variable(gamma), Variable(beta), 1e-3);
    EXPECT_TRUE(test::near(result.mean, s.mean, channels_of(shape), 1e-14));
    EXPECT_TRUE(test::near(result.variance, s.variance, channels_of(shape), 1e-14));
    EXPECT_TRUE(test::near(result.output.value(), oracle(x, gamma, beta, s, 1e-3), shape, 1e-13));
  }
}

TEST(BatchNorm, Gradients) {
  for (const Shape& shape : kShapes) {
    const auto f = [](const auto& in) { return batch_norm(in[0], in[1], in[2]).output; };
    const std::vector<Tensor> inputs{uniform(shape, 1), uniform(channels_of(shape), 2), uniform(channels_of(shape), 3)};
    EXPECT_TRUE(test::gradients_match(f, inputs)) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, inputs, 1e-5)) << shape.to_string();  // the backward pass subtracts two means of its terms
  }
}

TEST(BatchNorm, NormalizesToMeanZeroAndVarianceOne) {
  const Tensor x = uniform({64, 3}, 1);
  const Variable one(Tensor::full({3}, 1, DType::f64)), zero(Tensor::zeros({3}, DType::f64));
  const Statistics s = statistics_of(batch_norm(Variable(x), one, zero, 0).output.value());
  for (const double mean : s.mean) EXPECT_NEAR(mean, 0, 1e-14);
  for (const double variance : s.variance) EXPECT_NEAR(variance, 1, 1e-13);
}

TEST(BatchNorm, AFarMeanDoesNotSpoilTheVariance) {
  std::vector<float> values;
  for (int i = 0; i < 4096; ++i) values.push_back(i % 2 == 0 ? 999.F : 1001.F);
  const Variable one(Tensor::full({1}, 1)), zero(Tensor::zeros({1}));
  const BatchNormResult result = batch_norm(Variable(Tensor::from(values, {4096, 1})), one, zero);
  EXPECT_NEAR(result.mean.item(), 1000, 1e-3);
  EXPECT_NEAR(result.variance.item(), 1, 1e-5);
}

TEST(BatchNorm, AConstantChannelGivesBetaAndNoGradient) {
  const Variable x(Tensor::full({6, 2}, 3, DType::f64), true), gamma(uniform({2}, 1), true), beta(uniform({2}, 2), true);
  const Variable y = batch_norm(x, gamma, beta).output;
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(y.value().data<double>()[i], beta.value().data<double>()[i % 2]);
  backward(y, Tensor::full({6, 2}, 1, DType::f64));
  for (const double g : x.grad().to_vector<double>()) EXPECT_NEAR(g, 0, 1e-12);
  EXPECT_THAT(gamma.grad().to_vector<double>(), testing::Each(0));
  EXPECT_THAT(beta.grad().to_vector<double>(), testing::Each(6));
}

TEST(BatchNormFixed, ForwardIsTheFormula) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.to_string());
    const Tensor x = uniform(shape, 1), gamma = uniform(channels_of(shape), 2), beta = uniform(channels_of(shape), 3);
    const Tensor mean = uniform(channels_of(shape), 4), variance = some_variance(shape);
    const Statistics s{mean.to_vector<double>(), variance.to_vector<double>()};
    EXPECT_TRUE(test::near(batch_norm_fixed(Variable(x), Variable(gamma), Variable(beta), mean, variance, 1e-3).value(),
                           oracle(x, gamma, beta, s, 1e-3), shape, 1e-14));
  }
}

TEST(BatchNormFixed, Gradients) {
  for (const Shape& shape : {Shape{5, 1}, Shape{2, 3, 5, 4}, Shape{1, 3, 2, 35}, Shape{0, 3}, Shape{0, 4, 4, 2}}) {
    const Tensor mean = uniform(channels_of(shape), 4), variance = some_variance(shape);
    const auto f = [&](const auto& in) {
      const DType dtype = in[0].dtype();
      return batch_norm_fixed(in[0], in[1], in[2], mean.to(DType::f32).to(dtype), variance.to(DType::f32).to(dtype));
    };
    const std::vector<Tensor> inputs{uniform(shape, 1), uniform(channels_of(shape), 2), uniform(channels_of(shape), 3)};
    EXPECT_TRUE(test::gradients_match(f, inputs)) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, inputs)) << shape.to_string();
  }
}

TEST(BatchNormFixed, AnEmptyBatchGivesZeroParameterGradients) {
  const Variable x(Tensor::zeros({0, 4, 4, 2}), true), gamma(Tensor::full({2}, 1), true), beta(Tensor::full({2}, 1), true);
  const Variable y = batch_norm_fixed(x, gamma, beta, Tensor::zeros({2}), Tensor::full({2}, 1));
  backward(y, Tensor::zeros(y.shape()));
  EXPECT_EQ(x.grad().shape(), x.shape());
  EXPECT_THAT(gamma.grad().to_vector<float>(), testing::Each(0.F));
  EXPECT_THAT(beta.grad().to_vector<float>(), testing::Each(0.F));
}

TEST(BatchNormFixed, IsTheOtherFormAtTheBatchsOwnStatistics) {
  const Variable x(uniform({4, 3, 3, 5}, 1)), gamma(uniform({5}, 2)), beta(uniform({5}, 3));
  const BatchNormResult batch = batch_norm(x, gamma, beta);
  EXPECT_TRUE(test::identical(batch_norm_fixed(x, gamma, beta, batch.mean, batch.variance).value(), batch.output.value()));
}

TEST(BatchNormFixed, StatisticsChangedBeforeTheBackwardPassAreFoundOut) {
  const Variable x(uniform({4, 2}, 1), true), gamma(uniform({2}, 2), true), beta(uniform({2}, 3), true);
  Tensor mean = Tensor::zeros({2}, DType::f64);
  const Variable y = batch_norm_fixed(x, gamma, beta, mean, Tensor::full({2}, 1, DType::f64));
  mean.fill_(1);
  EXPECT_THAT(
      [&] {
        backward(y, Tensor::full({4, 2}, 1, DType::f64));
      },
      ThrowsMessage<Error>(testing::AllOf(HasSubstr("[batch_norm]"), HasSubstr("[fill_]"))));
}

TEST(BatchNorm, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({4, 2})), two(Tensor::zeros({2})), three(Tensor::zeros({3})), wide(Tensor::zeros({2}, DType::f64));
  EXPECT_THAT([&] { batch_norm(x, three, two); }, ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] gamma has shape [3], expected [2]")));
  EXPECT_THAT([&] { batch_norm(x, two, three); }, ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] beta has shape [3], expected [2]")));
  EXPECT_THAT([&] { batch_norm(x, wide, two); }, ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] gamma has type f64, expected f32")));
  EXPECT_THAT([&] { batch_norm(x, two, wide); }, ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] beta has type f64, expected f32")));
  EXPECT_THAT([&] { batch_norm(two, two, two); },
              ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] input wants at least 2 axes [..., C], found [2]")));
  EXPECT_THAT(
      [&] {
        batch_norm(Variable(Tensor::zeros({0, 4, 4, 2})), two, two);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] no elements to take statistics of: input [0,4,4,2]")));
  EXPECT_THAT(
      [&] {
        batch_norm(Variable(Tensor::zeros({4, 2}, DType::u8)), two, two);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([&] { batch_norm({}, two, two); }, ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] input 0 is undefined")));
}

TEST(BatchNormFixed, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({4, 2})), two(Tensor::zeros({2}));
  const Tensor mean = Tensor::zeros({2}), variance = Tensor::full({2}, 1);
  EXPECT_THAT([&] { batch_norm_fixed(x, two, two, Tensor::zeros({3}), variance); },
              ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] mean has shape [3], expected [2]")));
  EXPECT_THAT(
      [&] {
        batch_norm_fixed(x, two, two, mean, Tensor::zeros({2, 1}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] variance has shape [2,1], expected [2]")));
  EXPECT_THAT([&] { batch_norm_fixed(x, two, two, Tensor::zeros({2}, DType::f64), variance); },
              ThrowsMessage<ShapeError>(HasSubstr("[batch_norm] mean has type f64, expected f32")));
  EXPECT_THROW(batch_norm_fixed(x, two, two, {}, variance), ShapeError);
  EXPECT_THROW(batch_norm_fixed(x, two, two, mean, {}), ShapeError);
}

}  // namespace
}  // namespace fovea
