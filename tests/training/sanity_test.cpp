// The lectures' checks before a training (CS231n 2018, lecture 6): the first loss, a tiny batch learnt by heart, rates too low and too
// high.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/lenet5.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/sgd.hpp"
#include "support/values.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

/// 32 random images with random labels: nothing to understand, all to remember.
class MemoryTest : public testing::Test {
 protected:
  static constexpr std::int64_t kImages = 32, kSize = 16, kClasses = 10;

  MemoryTest() {
    initialize(model_, 1);
    RandomStream stream(2);
    for (std::int64_t& target : targets_) target = static_cast<std::int64_t>(stream.below(kClasses));
  }
  Variable loss() { return cross_entropy(model_(images_), Tensor::from(targets_, {kImages})); }
  double train(int steps, double rate) {
    Sgd sgd(model_.parameters());
    for (int step = 0; step < steps; ++step) {
      sgd.clear_grad();
      backward(loss());
      sgd.step(rate);
    }
    return loss().item();
  }

  LeNet5 model_{{.height = kSize, .width = kSize, .classes = kClasses}};
  Variable images_{Tensor::from(test::random_values<float>(kImages * kSize * kSize, 3), {kImages, kSize, kSize, 1})};
  std::vector<std::int64_t> targets_ = std::vector<std::int64_t>(kImages);
};

TEST_F(MemoryTest, FirstLossOfZeroLogitsIsTheLogarithmOfTheClasses) {
  Tensor(model_.fc2.weight.value()).fill_(0);
  EXPECT_NEAR(loss().item(), std::log(10), 1e-6);
}

TEST_F(MemoryTest, ATinyBatchIsLearntByHeart) { EXPECT_LT(train(60, 0.02), 0.01); }

TEST_F(MemoryTest, ARateTooLowLearnsNothing) {
  const double first = loss().item(), last = train(10, 1e-7);
  EXPECT_LT(last, first);
  EXPECT_NEAR(last, first, 1e-3 * first);
}

TEST(Sanity, ARateTooHighStopsTheTraining) {
  Sequential model;
  model.emplace<Linear>(2, 50);
  model.emplace<Relu>();
  model.emplace<Linear>(50, 2);
  initialize(model, 1);
  test::BlobTask task(model);
  Sgd sgd(model.parameters(), {.weight_decay = 1e-3});
  Trainer trainer(task, sgd, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = 1e6}),
                  {.epochs = 20, .selection_metric = "val_loss"});
  EXPECT_THAT([&] { trainer.run(); }, testing::ThrowsMessage<Error>(testing::HasSubstr("training stopped")));
}

}  // namespace
}  // namespace fovea
