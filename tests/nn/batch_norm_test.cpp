// The batch normalisation layer: what it remembers of its batches, and what it does with it. All expected values are worked by hand.
#include "fovea/nn/batch_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

/// Channel 0 holds 1, 2, 3, 6 (mean 3, variance 3.5, unbiased 14/3), channel 1 holds 0, 0, 4, 4 (2, 4, 16/3).
Tensor batch() { return Tensor::from<double>({1, 0, 2, 0, 3, 4, 6, 4}, {2, 1, 2, 2}); }

class BatchNormLayerTest : public testing::Test {
 protected:
  BatchNormLayerTest() { layer_.to(DType::f64); }
  void expect_running(const std::vector<double>& mean, const std::vector<double>& variance) {
    for (std::size_t c = 0; c < 2; ++c) {
      EXPECT_NEAR(layer_.running_mean.data<double>()[c], mean[c], 1e-12) << "channel " << c;
      EXPECT_NEAR(layer_.running_var.data<double>()[c], variance[c], 1e-12) << "channel " << c;
    }
  }
  BatchNorm2d layer_{2};
};

TEST_F(BatchNormLayerTest, RunningStatisticsBlendInTheUnbiasedVariance) {
  expect_running({0, 0}, {1, 1});
  layer_(Variable(batch()));
  expect_running({0.3, 0.2}, {0.9 + 0.1 * 14 / 3, 0.9 + 0.1 * 16 / 3});
  layer_(Variable(batch()));
  expect_running({0.9 * 0.3 + 0.3, 0.9 * 0.2 + 0.2}, {0.81 + 0.19 * 14 / 3, 0.81 + 0.19 * 16 / 3});
  EXPECT_EQ(layer_.num_batches_tracked.item(), 2);
}

TEST_F(BatchNormLayerTest, TrainingNormalisesByTheBatch) {
  Tensor(layer_.weight.value()).copy_(Tensor::from<double>({2, 1}, {2}));
  Tensor(layer_.bias.value()).copy_(Tensor::from<double>({0, -1}, {2}));
  const std::vector<double> y = layer_(Variable(batch())).value().to_vector<double>();
  const double scale0 = 2 / std::sqrt(3.5 + 1e-5), scale1 = 1 / std::sqrt(4 + 1e-5);
  const std::vector<double> expected{-2 * scale0, -2 * scale1 - 1, -1 * scale0, -2 * scale1 - 1,
                                     0,           2 * scale1 - 1,  3 * scale0,  2 * scale1 - 1};
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-12) << i;
}

TEST_F(BatchNormLayerTest, EvaluationUsesAndKeepsTheRunningStatistics) {
  layer_.running_mean.copy_(Tensor::from<double>({1, 2}, {2}));
  layer_.running_var.copy_(Tensor::from<double>({4, 9}, {2}));
  layer_.eval();
  const std::vector<double> y = layer_(Variable(Tensor::from<double>({3, 8}, {1, 1, 1, 2}))).value().to_vector<double>();
  EXPECT_NEAR(y[0], 2 / std::sqrt(4 + 1e-5), 1e-12);
  EXPECT_NEAR(y[1], 6 / std::sqrt(9 + 1e-5), 1e-12);
  expect_running({1, 2}, {4, 9});
  EXPECT_EQ(layer_.num_batches_tracked.item(), 0);
}

TEST_F(BatchNormLayerTest, FrozenIsInTrainingWhatItIsInEvaluation) {
  layer_.running_mean.copy_(Tensor::from<double>({1, 2}, {2}));
  layer_.running_var.copy_(Tensor::from<double>({4, 9}, {2}));
  layer_.freeze_statistics();
  for (const bool relu : {false, true}) {
    const Variable y = relu ? layer_.forward_relu(Variable(batch(), true)) : layer_(Variable(batch(), true));
    EXPECT_NEAR(y.value().data<double>()[6], 5 / std::sqrt(4 + 1e-5), 1e-12);
    EXPECT_TRUE(y.requires_grad()) << "gradients pass through";
  }
  expect_running({1, 2}, {4, 9});
  EXPECT_EQ(layer_.num_batches_tracked.item(), 0);
  layer_.freeze_statistics(false);
  layer_(Variable(batch()));
  EXPECT_EQ(layer_.num_batches_tracked.item(), 1);
}

TEST_F(BatchNormLayerTest, OneElementPerChannelGivesTheBiasAndVarianceZero) {
  const std::vector<double> y = layer_(Variable(Tensor::from<double>({5, 7}, {1, 1, 1, 2}))).value().to_vector<double>();
  EXPECT_EQ(y, (std::vector<double>{0, 0}));
  expect_running({0.5, 0.7}, {0.9, 0.9});
}

TEST_F(BatchNormLayerTest, StatisticsAreTakenInTrainingModeEvenWithoutRecording) {
  const NoGradGuard no_grad;
  layer_(Variable(batch()));
  EXPECT_EQ(layer_.num_batches_tracked.item(), 1);
  expect_running({0.3, 0.2}, {0.9 + 0.1 * 14 / 3, 0.9 + 0.1 * 16 / 3});
}

TEST(BatchNormLayer, MomentumAndEpsilonAreOptions) {
  BatchNorm2d layer(2, {.epsilon = 0.5, .momentum = 1});
  layer.to(DType::f64);
  const std::vector<double> y = layer(Variable(batch())).value().to_vector<double>();
  EXPECT_NEAR(y[0], -2 / std::sqrt(4.0), 1e-12);
  EXPECT_NEAR(layer.running_mean.data<double>()[0], 3, 1e-12);
  EXPECT_NEAR(layer.running_var.data<double>()[0], 14.0 / 3, 1e-12);
}

TEST_F(BatchNormLayerTest, FusedFormsAreTheLayerAndWhatFollowsIt) {
  BatchNorm2d other(2);
  other.to(DType::f64);
  const Variable residual(Tensor::from<double>({1, -3, 0.5, 2, -1, 0, 0.25, -0.75}, {2, 1, 2, 2}));
  for (const bool training : {true, false}) {
    layer_.train(training);
    other.train(training);
    EXPECT_EQ(layer_.forward_relu(Variable(batch())).value().to_vector<double>(),
              relu(other(Variable(batch()))).value().to_vector<double>());
    EXPECT_EQ(layer_.forward_add_relu(Variable(batch()), residual).value().to_vector<double>(),
              relu(other(Variable(batch())) + residual).value().to_vector<double>());
    EXPECT_EQ(layer_.running_mean.to_vector<double>(), other.running_mean.to_vector<double>());
    EXPECT_EQ(layer_.running_var.to_vector<double>(), other.running_var.to_vector<double>());
  }
  EXPECT_EQ(layer_.num_batches_tracked.item(), 2);
}

TEST(BatchNormLayer, Bf16InputsKeepF32Statistics) {
  BatchNorm2d layer(2);
  const Variable y = layer.forward_relu(Variable(batch().to(DType::bf16)));
  EXPECT_EQ(y.dtype(), DType::bf16);
  EXPECT_EQ(layer.running_mean.dtype(), DType::f32);
  EXPECT_NEAR(layer.running_mean.data<float>()[0], 0.3, 1e-7);
}

TEST(BatchNormLayer, RefusesOptionsOutOfRange) {
  for (const double epsilon : {0.0, -1e-5, std::nan("")}) EXPECT_THROW(BatchNorm2d(2, {.epsilon = epsilon}), OptionError) << epsilon;
  for (const double momentum : {-0.1, 1.1, std::nan("")}) EXPECT_THROW(BatchNorm2d(2, {.momentum = momentum}), OptionError) << momentum;
  EXPECT_NO_THROW(BatchNorm2d(2, {.momentum = 0}));
}

TEST(BatchNormLayer, RefusesNoChannels) { EXPECT_THROW(BatchNorm2d(0), OptionError); }

// The running statistics are saved by an evaluation forward pass; a training forward pass then changes them.
TEST(BatchNormLayer, BackwardAfterTheStatisticsMovedIsAnError) {
  BatchNorm2d layer(1);
  layer.eval();
  const Variable x(Tensor::full({1, 1, 1, 1}, 2), true);
  const Variable y = layer(x);
  layer.train();
  layer(x);
  EXPECT_THROW(backward(y), Error);
}

}  // namespace
}  // namespace fovea
