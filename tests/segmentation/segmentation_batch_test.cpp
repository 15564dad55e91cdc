#include "fovea/segmentation/segmentation_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discs.hpp"
#include "fovea/base/error.hpp"
#include "fovea/vision/random_changes.hpp"

namespace fovea {
namespace {

using test::Discs;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

SegmentationBatchOptions batch_options() {
  return {.preprocessing = test::small_input(36, 28), .augmentation = nullptr, .batch = 3, .seed = 4};
}

/// Whether the disc's pixels, which are bright, are those of class 1.
void expect_labels_on_discs(const SegmentationBatch& batch) {
  const std::vector<float> values = batch.images.to_vector<float>();
  const std::vector<std::int64_t> labels = batch.labels.to_vector<std::int64_t>();
  std::int64_t discs = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 255) continue;
    ASSERT_EQ(labels[i] == 1, values[3 * i] > 0.5f) << i;
    discs += labels[i];
  }
  EXPECT_GT(discs, 50);
}

TEST(SegmentationBatch, HoldsPicturesAndMapsInTheNetworksSize) {
  const Discs discs(4);
  const SegmentationBatch batch = load_segmentation_batches(discs, {3, 0}, 0, batch_options())->next();
  EXPECT_EQ(batch.images.shape(), (Shape{2, 28, 36, 3}));
  EXPECT_EQ(batch.labels.shape(), (Shape{2, 28, 36}));
  EXPECT_FALSE(batch.pixel_weights.defined());
  EXPECT_THAT(batch.indices, ElementsAre(3, 0));
  expect_labels_on_discs(batch);
}

TEST(SegmentationBatch, MapsFollowTheirPictures) {
  const Discs discs(3, 1, {36, 28});
  SegmentationBatchOptions options = batch_options();
  options.augmentation = std::make_shared<RandomFlip>(1.0);
  const Discs alone(1);  // of the network's size: nothing is interpolated
  expect_labels_on_discs(load_segmentation_batches(alone, {0}, 0, options)->next());
  options.augmentation = random_affine();
  const SegmentationBatch turned = load_segmentation_batches(discs, {0, 1, 2}, 0, options)->next();
  EXPECT_THAT(turned.labels.to_vector<std::int64_t>(), Contains(1));
  options.preprocessing.resize = Preprocessing::ResizeMode::letterbox;
  options.preprocessing.height = 60;
  const SegmentationBatch boxed = load_segmentation_batches(alone, {0}, 0, options)->next();
  EXPECT_EQ(boxed.labels.to_vector<std::int64_t>().front(), 255) << "where no picture is";
}

TEST(SegmentationBatch, IsTheSameForAnyNumberOfWorkersAndFromAnyBatchOn) {
  const Discs discs(8);
  SegmentationBatchOptions options = batch_options();
  options.augmentation = random_affine();
  options.borders = BorderWeightOptions{};
  const auto all = [&](int workers, std::int64_t epoch, std::int64_t first) {
    options.workers = workers;
    const auto loader = load_segmentation_batches(discs, epoch_order(discs.size(), 3, epoch), epoch, options, first);
    std::vector<SegmentationBatch> batches;
    for (std::int64_t i = 0; i < loader->batches(); ++i) batches.push_back(loader->next());
    return batches;
  };
  const auto same = [](const SegmentationBatch& a, const SegmentationBatch& b) {
    return a.images.to_vector<float>() == b.images.to_vector<float>() && a.indices == b.indices &&
           a.labels.to_vector<std::int64_t>() == b.labels.to_vector<std::int64_t>() &&
           a.pixel_weights.to_vector<float>() == b.pixel_weights.to_vector<float>();
  };
  const auto alone = all(0, 1, 0), together = all(3, 1, 0), rest = all(1, 1, 2), later = all(0, 2, 0);
  ASSERT_EQ(alone.size(), 3u);
  ASSERT_EQ(rest.size(), 1u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(same(alone[i], together[i])) << i;
  EXPECT_TRUE(same(alone[2], rest[0]));
  EXPECT_FALSE(same(alone[0], later[0])) << "another epoch draws other changes";
}

TEST(SegmentationBatch, BordersBetweenDiscsWeighMore) {
  Discs pair(1);
  cv::Mat& labels = pair.samples_[0].labels;
  labels.setTo(0);
  labels(cv::Rect(4, 4, 10, 10)) = 1;
  labels(cv::Rect(16, 4, 10, 10)) = 1;  // two columns apart
  SegmentationBatchOptions options = batch_options();
  options.borders = BorderWeightOptions{.w0 = 10, .sigma = 5};
  const SegmentationBatch batch = load_segmentation_batches(pair, {0}, 0, options)->next();
  const std::vector<float> weights = batch.pixel_weights.to_vector<float>();
  const auto at = [&](int x, int y) { return weights[static_cast<std::size_t>(y * 36 + x)]; };
  EXPECT_NEAR(at(14, 8), 1 + 10 * std::exp(-9.0 / 50), 1e-5) << "d1 = 1, d2 = 2";
  EXPECT_EQ(at(8, 8), 1) << "of an object";
  EXPECT_LT(at(35, 27), 1.01);
}

TEST(SegmentationBatch, ComesBackFromItsState) {
  const Discs discs(3);
  SegmentationBatchOptions options = batch_options();
  for (const bool weighted : {false, true}) {
    if (weighted) options.borders = BorderWeightOptions{};
    SegmentationBatch batch = load_segmentation_batches(discs, {0, 1, 2}, 0, options)->next(), other;
    TrainingState state;
    visit_state(batch, StateArchive::saving(state));
    visit_state(other, StateArchive::loading(state, "the state"));
    EXPECT_EQ(other.images.to_vector<float>(), batch.images.to_vector<float>());
    EXPECT_EQ(other.labels.to_vector<std::int64_t>(), batch.labels.to_vector<std::int64_t>());
    ASSERT_EQ(other.pixel_weights.defined(), weighted);
    if (!weighted) continue;
    EXPECT_EQ(other.pixel_weights.to_vector<float>(), batch.pixel_weights.to_vector<float>());
  }
}

TEST(SegmentationBatch, MapsWithoutPicturesAreNamed) {
  Discs discs(2);
  discs.samples_[1].image.release();
  EXPECT_THAT(
      [&] {
        load_segmentation_batches(discs, {0, 1}, 0, batch_options())->next();
      },
      ThrowsMessage<OptionError>(HasSubstr("\"disc1\" is a label map without a picture")));
}

}  // namespace
}  // namespace fovea
