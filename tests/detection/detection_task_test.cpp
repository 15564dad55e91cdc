// Training a small detector on pictures with squares.
#include "fovea/detection/detection_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/detection/center_head.hpp"
#include "fovea/models/sequential_backbone.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/vision/random_changes.hpp"
#include "support/square_pictures.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Squares : public testing::Test {
 protected:
  Squares() {
    test::write_squares(folder_, "train", 24, 1);
    test::write_squares(folder_, "val", 8, 2);
  }
  std::string source(const std::string& name) const { return "coco:" + (folder_ / (name + ".json")).string(); }

  test::TemporaryFolder folder_;
};

class SmallBackbone final : public SequentialBackbone {
 public:
  SmallBackbone() : SequentialBackbone("small", 0) {
    std::int64_t channels = 3, stride = 1;
    for (const std::int64_t width : {8, 16, 24}) {
      stride *= 2;
      add<ConvNorm>(channels, width, ConvNormOptions{.stride = 2});
      channels = width;
      end_stage(stride, channels);
    }
  }
  Variable classify(const Variable& features) override { return features; }
};

std::unique_ptr<OneStageDetector> small_detector() {
  auto backbone = std::make_unique<SmallBackbone>();
  auto neck = std::make_unique<FeaturePyramid>(backbone->output_shape(8), FeaturePyramidOptions{.channels = 16});
  auto head = std::make_unique<CenterHead>(neck->output_shape(), CenterHeadOptions{.classes = 2, .channels = 16, .layers = 1});
  auto detector = std::make_unique<OneStageDetector>(std::move(backbone), std::move(neck), std::move(head), 8);
  initialize(*detector, 1);
  return detector;
}

DetectionTaskOptions small_options() {
  DetectionTaskOptions options;
  options.batches.preprocessing = {.width = 96, .height = 64, .mean = {0.5, 0.5, 0.5}, .deviation = {0.25, 0.25, 0.25}};
  options.batches.batch = 8;
  options.batches.seed = 3;
  return options;
}

TEST_F(Squares, BatchesHoldPicturesAndBoxesInTheNetworksSize) {
  const AnnotatedDataset train(source("train"));
  DetectionBatchOptions options = small_options().batches;
  options.preprocessing.width = 48;  // half as wide
  const DetectionBatch batch = load_detection_batches(train, {5, 2, 7}, 0, options)->next();
  EXPECT_EQ(batch.images.shape(), (Shape{3, 64, 48, 3}));
  EXPECT_THAT(batch.indices, ElementsAre(5, 2, 7));
  EXPECT_THAT(batch.sizes, Each(cv::Size(96, 64)));
  const AnnotatedImage sample = train.get(2);
  ASSERT_EQ(batch.targets[1].boxes.size(), sample.objects.size());
  for (std::size_t i = 0; i < sample.objects.size(); ++i) {
    const Box &box = sample.objects[i].box, &target = batch.targets[1].boxes[i];
    EXPECT_EQ(target, (Box{box.x1 / 2, box.y1, box.x2 / 2, box.y2}));
    EXPECT_EQ(batch.targets[1].labels[i], sample.objects[i].label);
  }
}

TEST_F(Squares, BatchesAreTheSameForAnyNumberOfWorkersAndFromAnyBatchOn) {
  const AnnotatedDataset train(source("train"));
  DetectionBatchOptions options = small_options().batches;
  options.mosaic = 0.5;
  options.augmentation = std::make_shared<AugmentationSequence>(
      std::vector<std::shared_ptr<const Augmentation>>{std::make_shared<RandomFlip>(), random_affine(), random_color_jitter()});
  const auto all = [&](int workers, std::int64_t epoch, std::int64_t first) {
    options.workers = workers;
    const auto loader = load_detection_batches(train, epoch_order(train.size(), 3, epoch), epoch, options, first);
    std::vector<DetectionBatch> batches;
    for (std::int64_t i = 0; i < loader->batches(); ++i) batches.push_back(loader->next());
    return batches;
  };
  const auto same = [](const DetectionBatch& a, const DetectionBatch& b) {
    if (a.images.to_vector<float>() != b.images.to_vector<float>() || a.targets.size() != b.targets.size()) return false;
    for (std::size_t i = 0; i < a.targets.size(); ++i)
      if (a.targets[i].boxes != b.targets[i].boxes || a.targets[i].labels != b.targets[i].labels) return false;
    return true;
  };
  const auto alone = all(0, 1, 0), together = all(3, 1, 0), rest = all(1, 1, 2), later = all(0, 2, 0);
  ASSERT_EQ(alone.size(), 3u);
  ASSERT_EQ(rest.size(), 1u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(same(alone[i], together[i])) << i;
  EXPECT_TRUE(same(alone[2], rest[0]));
  EXPECT_FALSE(same(alone[0], later[0])) << "another epoch draws other changes";
}

TEST_F(Squares, BatchesChangeTheirSizeWithTheStep) {
  const AnnotatedDataset train(source("train"));
  DetectionBatchOptions options = small_options().batches;
  options.multi_scale = {.min = 0.5, .max = 1.5, .every = 2, .stride = 8};
  options.mosaic = 0.5;
  const std::int64_t batches = 3;
  std::vector<std::int64_t> widths;
  for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
    const auto loader = load_detection_batches(train, epoch_order(train.size(), 3, epoch), epoch, options);
    for (std::int64_t i = 0; i < batches; ++i) {
      const DetectionBatch batch = loader->next();
      const cv::Size size = input_size_at(epoch * batches + i, options.seed, {96, 64}, options.multi_scale);
      EXPECT_EQ(batch.images.shape(), (Shape{8, size.height, size.width, 3}));
      for (const DetectionTargets& target : batch.targets)
        for (const Box& box : target.boxes) {
          EXPECT_LE(box.x2, static_cast<float>(size.width));
          EXPECT_LE(box.y2, static_cast<float>(size.height));
        }
      widths.push_back(size.width);
    }
  }
  EXPECT_THAT(std::set<std::int64_t>(widths.begin(), widths.end()).size(), Ge(3u)) << "or this test sees nothing";
  const auto rest = load_detection_batches(train, epoch_order(train.size(), 3, 1), 1, options, 2);
  EXPECT_EQ(rest->next().images.extent(2), widths[5]) << "from any batch on";
  const auto detector = small_detector();
  EXPECT_EQ(detector->largest_stride(), 8);
  options.preprocessing.width = 24;
  options.multi_scale = {.min = 0.4, .max = 0.5, .stride = 16};
  DetectionTaskOptions impossible = small_options();
  impossible.batches = options;
  EXPECT_THAT([&] { DetectionTask(*detector, train, train, impossible); }, ThrowsMessage<OptionError>(HasSubstr("no multiple")));
}

TEST_F(Squares, ABatchComesBackFromItsState) {
  const AnnotatedDataset train(source("train"));
  DetectionBatch batch = load_detection_batches(train, {0, 1, 2}, 0, small_options().batches)->next(), other;
  batch.targets[1] = {};  // a picture without objects
  TrainingState state;
  visit_state(batch, StateArchive::saving(state));
  visit_state(other, StateArchive::loading(state, "the state"));
  EXPECT_EQ(other.images.to_vector<float>(), batch.images.to_vector<float>());
  ASSERT_EQ(other.targets.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(other.targets[i].boxes, batch.targets[i].boxes);
    EXPECT_EQ(other.targets[i].labels, batch.targets[i].labels);
  }
}

TEST_F(Squares, ATrainedDetectorFindsThem) {
  const AnnotatedDataset train(source("train")), val(source("val"));
  const auto detector = small_detector();
  DetectionTaskOptions options = small_options();
  options.batches.augmentation = std::make_shared<RandomFlip>();
  DetectionTask task(*detector, train, val, options);
  EXPECT_EQ(task.steps_per_epoch(), 3);
  AdamW optimizer(detector->parameters());
  constexpr std::int64_t kEpochs = 30;
  Trainer trainer(task, optimizer, Schedule({.learning_rate = 0.01, .total_steps = 3 * kEpochs}),
                  {.epochs = kEpochs, .selection_metric = "val_AP50"});
  const TrainingSummary summary = trainer.run();
  EXPECT_GT(summary.best_value, 0.9);
  EXPECT_THAT(task.sample_names(), Contains(HasSubstr("train")));
  detector->eval();
  const NoGradGuard no_grad;
  std::map<std::string, double> metrics;
  std::vector<std::string> names;
  for (const auto& [name, value] : task.validate()) {
    names.push_back(name);
    metrics[name] = value;
  }
  EXPECT_EQ(names, task.metric_names());
  EXPECT_NEAR(metrics["val_loss"], metrics["val_box_loss"] + metrics["val_object_loss"] + metrics["val_class_loss"], 1e-12);
  EXPECT_GT(metrics["val_AP50_voc12"], 0.9);
  EXPECT_GT(metrics["val_AP50"], metrics["val_AP"]);
}

TEST_F(Squares, SayWhatIsWrong) {
  const AnnotatedDataset train(source("train"));
  const auto detector = small_detector();
  DetectionTaskOptions options = small_options();
  options.batches.batch = 0;
  EXPECT_THAT([&] { DetectionTask(*detector, train, train, options); },
              ThrowsMessage<OptionError>(HasSubstr("a batch holds at least 1 image, found 0")));
  options = small_options();
  options.batches.mosaic = 1.5;
  EXPECT_THAT([&] { DetectionTask(*detector, train, train, options); },
              ThrowsMessage<OptionError>(HasSubstr("mosaic is in [0, 1], found 1.5")));
}

}  // namespace
}  // namespace fovea
