// The top trained on cached features, against the whole network trained with everything else frozen.
#include "fovea/classification/feature_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/parameter_group.hpp"
#include "fovea/training/sgd.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Pictures of noise, in three classes in turn.
class Noise final : public ClassificationDataset {
 public:
  explicit Noise(int count) : count_(count) {}
  std::int64_t size() const override { return count_; }
  ClassificationSample get(std::int64_t index) const override {
    cv::Mat image(8, 8, CV_8UC3);
    cv::RNG random(static_cast<std::uint64_t>(index) + 1);
    random.fill(image, cv::RNG::UNIFORM, 0, 256);
    return {.image = image, .label = label(index), .id = id(index)};
  }
  const std::vector<std::string>& labels() const override { return labels_; }
  std::int64_t label(std::int64_t index) const override { return index % 3; }
  std::string id(std::int64_t index) const override { return "noise " + std::to_string(index); }

 private:
  int count_;
  std::vector<std::string> labels_{"a", "b", "c"};
};

/// conv and norm, then a top with dropout.
class Small final : public Layer {
 public:
  Small() {
    top_.emplace<Dropout>(0.3);
    top_.emplace<Linear>(5, 3);
    register_module("conv", conv_);
    register_module("norm", norm_);
    register_module("top", top_);
    initialize(*this, 5);
    norm_.running_mean.fill_(0.1);
    for (const char* pattern : {"conv.*", "norm.*"}) freeze(*this, pattern);
  }
  Variable forward(const Variable& x) override { return top_(global_average_pool2d(norm_.forward_relu(conv_(x)))); }

 private:
  Conv2d conv_{3, 5, {.kernel = 3}};
  BatchNorm2d norm_{5};
  Sequential top_;
};

ClassificationTaskOptions options_for(DType precision) {
  ClassificationTaskOptions options{.label_smoothing = 0.1, .precision = precision};
  options.batches.preprocessing.width = options.batches.preprocessing.height = 8;
  options.batches.preprocessing.channels = 3;
  options.batches.preprocessing.mean.assign(3, 0.5F);
  options.batches.preprocessing.deviation.assign(3, 0.25F);
  options.batches.batch = 4;
  options.batches.seed = 7;
  return options;
}

struct Outcome {
  std::vector<std::vector<float>> state;
  std::vector<double> numbers;
};

template <class Task>
Outcome train(DType precision) {
  const Noise training(13), validation(6);
  Small network;
  Task task(network, training, validation, options_for(precision));
  Sgd optimizer(network.parameters(), {.momentum = 0.9});
  Outcome outcome;
  Trainer trainer(task, optimizer, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = 0.5}), {.epochs = 3, .selection_metric = "val_loss", .larger_is_better = false});
  struct Keep final : TrainerHook {
    explicit Keep(std::vector<double>& numbers) : kept(numbers) {}
    void on_epoch(const EpochReport& report) override {
      kept.push_back(report.train_loss);
      for (const auto& [name, value] : report.validation) kept.push_back(value);
    }
    std::vector<double>& kept;
  };
  trainer.add_hook(std::make_shared<Keep>(outcome.numbers));
  trainer.run();
  for (const StateEntry& entry : network.state_dict())
    if (entry.tensor.dtype() == DType::f32) outcome.state.push_back(entry.tensor.to_vector<float>());
  return outcome;
}

TEST(FeatureTask, GivesTheBitsOfTheWholeNetwork) {
  for (const DType precision : {DType::f32, DType::bf16}) {
    const Outcome whole = train<ClassificationTask>(precision), cached = train<FeatureTask>(precision);
    EXPECT_EQ(whole.numbers, cached.numbers);
    EXPECT_EQ(whole.state, cached.state);
    EXPECT_NE(cached.numbers.front(), cached.numbers[4]) << "it trains";
  }
}

TEST(FeatureTask, NamesTheSamplesOfABatch) {
  const Noise training(13), validation(6);
  Small network;
  FeatureTask task(network, training, validation, options_for(DType::f32));
  EXPECT_TRUE(network.is_training()) << "as it was";
  task.begin_epoch(1, 3);  // batch 3 of 4: the last sample of the epoch's order
  task.next_step();
  const std::int64_t last = epoch_order(13, 7, 1).back();
  EXPECT_EQ(task.sample_names(), std::vector<std::string>{training.id(last)});
}

TEST(FeatureTask, WantsPicturesThatDoNotChange) {
  const Noise training(3), validation(2);
  Small network;
  ClassificationTaskOptions options = options_for(DType::f32);
  options.batches.mixing.mixup_alpha = 0.2;
  EXPECT_THAT([&] { FeatureTask(network, training, validation, options); }, ThrowsMessage<OptionError>(HasSubstr("augmentation")));
  EXPECT_THAT([&] { FeatureTask(network, Noise(0), validation, options_for(DType::f32)); },
              ThrowsMessage<OptionError>(HasSubstr("training split")));
}

}  // namespace
}  // namespace fovea
