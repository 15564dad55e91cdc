// Training and measuring small segmenters on pictures of discs.
#include "fovea/segmentation/segmentation_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "discs.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/pad2d.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/vision/random_changes.hpp"

namespace fovea {
namespace {

using test::Discs;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

/// Says "disc" where the picture is bright, of the picture without `margin` pixels at its borders.
class BrightIsDisc final : public Layer {
 public:
  explicit BrightIsDisc(std::int64_t margin = 0) : margin_(margin) {}
  Variable forward(const Variable& x) override {
    const Variable cut = margin_ == 0 ? x : crop2d(x, {margin_, margin_, margin_, margin_});
    const Variable red = slice(cut, 3, 0, 1);
    return concat({affine(red, 0), red});
  }

 private:
  std::int64_t margin_;
};

SegmentationTaskOptions small_options(int width = 36, int height = 28) {
  SegmentationTaskOptions options;
  options.batches.preprocessing = test::small_input(width, height);
  options.batches.batch = 4;
  options.batches.seed = 3;
  return options;
}

SegmenterRun own_size() { return {.batches = small_options().batches, .own_size = true, .loss = {}}; }

TEST(RunSegmenter, CountsThePixelsOfTheOriginalPictures) {
  const Discs discs(5);
  BrightIsDisc network;
  const SegmenterEvaluation exact = run_segmenter(network, discs, own_size());
  const SegmentationMetrics metrics = segmentation_metrics(exact.confusion);
  EXPECT_EQ(metrics.mean_iou, 1);
  std::int64_t pixels = 0;
  for (const SegmentationSample& sample : discs.samples_) pixels += (sample.labels.cols - 2) * sample.labels.rows;
  EXPECT_EQ(metrics.pixels, pixels);
  EXPECT_EQ(metrics.ignored, 5 * 2 * 28);

  SegmenterRun enlarged{.batches = small_options(108, 84).batches, .loss = {}};
  EXPECT_GT(segmentation_metrics(run_segmenter(network, discs, enlarged).confusion).mean_iou, 0.85) << "edges are interpolated";
  enlarged.batches.preprocessing.resize = Preprocessing::ResizeMode::letterbox;
  EXPECT_GT(segmentation_metrics(run_segmenter(network, discs, enlarged).confusion).mean_iou, 0.85);
}

TEST(RunSegmenter, BatchesAndWorkersChangeNothing) {
  const Discs discs(7);
  BrightIsDisc network;
  SegmenterRun run{.batches = small_options().batches, .loss = {}};
  run.batches.batch = 7;
  const SegmenterEvaluation whole = run_segmenter(network, discs, run);
  run.batches.batch = 2;
  run.batches.workers = 3;
  const SegmenterEvaluation parts = run_segmenter(network, discs, run);
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j) EXPECT_EQ(whole.confusion.count(i, j), parts.confusion.count(i, j));
}

TEST(RunSegmenter, OfANetworkWithoutPaddingTheMiddleCounts) {
  const Discs discs(3);
  BrightIsDisc network(5);
  const SegmentationMetrics metrics = segmentation_metrics(run_segmenter(network, discs, own_size()).confusion);
  EXPECT_EQ(metrics.mean_iou, 1);
  std::int64_t pixels = 0;
  for (const SegmentationSample& sample : discs.samples_) pixels += (sample.labels.cols - 10) * (sample.labels.rows - 10);
  EXPECT_EQ(metrics.pixels, pixels);
}

TEST(BatchLosses, OfANetworkWithoutPaddingAreThoseOfTheMiddle) {
  const Discs discs(2);
  SegmentationBatchOptions options = small_options().batches;
  options.borders = BorderWeightOptions{};
  const SegmentationBatch batch = load_segmentation_batches(discs, {0, 1}, 0, options)->next();
  BrightIsDisc whole, middle(5);
  // What the margin would say is ignored instead.
  SegmentationBatch marked = batch;
  marked.labels = Tensor::from(batch.labels.to_vector<std::int64_t>(), batch.labels.shape());
  auto* label = marked.labels.mutable_data<std::int64_t>();
  for (int i = 0; i < 2; ++i)
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 36; ++x, ++label)
        if (x < 5 || x >= 31 || y < 5 || y >= 23) *label = 255;
  EXPECT_NEAR(batch_losses(middle, batch, {}, DType::f32).total.item(), batch_losses(whole, marked, {}, DType::f32).total.item(), 1e-6);
}

TEST(BatchLosses, LogitsLargerThanTheMapsAreRefused) {
  const Discs discs(1);
  SegmentationBatch batch = load_segmentation_batches(discs, {0}, 0, small_options().batches)->next();
  batch.labels = Tensor::zeros({1, 20, 36}, DType::i64);
  BrightIsDisc network;
  EXPECT_THAT([&] { batch_losses(network, batch, {}, DType::f32); }, ThrowsMessage<ShapeError>(HasSubstr("larger than the label maps")));
}

TEST(SegmentationTask, ASmallUNetLearnsDiscs) {
  const Discs train(16, 1), val(6, 2);
  for (const DType precision : {DType::f32, DType::bf16}) {
    UNet network({.widths = {8, 16}});
    initialize(network, 1);
    SegmentationTaskOptions options = small_options();
    options.batches.augmentation = std::make_shared<RandomFlip>();
    options.loss.terms = {{SegmentationLossKind::cross_entropy}, {SegmentationLossKind::dice, 0.5}};
    options.validate_own_size = true;
    options.precision = precision;
    SegmentationTask task(network, train, val, options);
    EXPECT_EQ(task.steps_per_epoch(), 4);
    AdamW optimizer(network.parameters());
    constexpr std::int64_t kEpochs = 12;
    Trainer trainer(task, optimizer, Schedule({.learning_rate = 0.01, .total_steps = 4 * kEpochs}),
                    {.epochs = kEpochs, .selection_metric = "val_mIoU"});
    EXPECT_GT(trainer.run().best_value, 0.9);
    EXPECT_THAT(task.sample_names().front(), StartsWith("disc"));
    network.eval();
    std::vector<std::string> names;
    for (const auto& [name, value] : task.validate()) names.push_back(name);
    EXPECT_EQ(names, task.metric_names());
  }
}

TEST(SegmentationTask, SaysWhatIsWrong) {
  const Discs train(2);
  Discs other(2);
  other.labels_ = {"background", "ring"};
  UNet network({.widths = {4, 4}});
  EXPECT_THAT([&] { SegmentationTask(network, train, other, small_options()); },
              ThrowsMessage<OptionError>(HasSubstr("[background, disc] to train, [background, ring] to validate")));
  EXPECT_THAT([&] { SegmentationTask(network, train, Discs(0), small_options()); },
              ThrowsMessage<OptionError>(HasSubstr("the validation split holds no images")));
}

}  // namespace
}  // namespace fovea
