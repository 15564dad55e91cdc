#include "fovea/classification/image_batch.hpp"

#include <gtest/gtest.h>

namespace fovea {
namespace {

/// One picture of 80 x 60.
class OnePicture final : public ClassificationDataset {
 public:
  std::int64_t size() const override { return 1; }
  ClassificationSample get(std::int64_t) const override {
    return {.image = cv::Mat(60, 80, CV_8UC3, cv::Scalar(10, 20, 30)), .label = 0, .id = "one"};
  }
  const std::vector<std::string>& labels() const override { return labels_; }
  std::int64_t label(std::int64_t) const override { return 0; }
  std::string id(std::int64_t) const override { return "one"; }

 private:
  std::vector<std::string> labels_{"only"};
};

/// Remembers the sizes that it is asked for, and changes nothing.
class Recorder final : public Augmentation {
 public:
  explicit Recorder(bool sets_size) : sets_size_(sets_size) {}
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream&) const override {
    seen = input;
    return make_chain(input, {});
  }
  bool sets_size() const override { return sets_size_; }

  mutable cv::Size seen;

 private:
  bool sets_size_;
};

TEST(ImageBatch, WhatSetsTheSizeSeesTheWholePicture) {
  const OnePicture dataset;
  for (const bool sets_size : {false, true}) {
    const auto recorder = std::make_shared<Recorder>(sets_size);
    const ImageBatchOptions options{.preprocessing = {.width = 32, .height = 16, .channels = 3, .mean = {0, 0, 0}, .deviation = {1, 1, 1}},
                                    .augmentation = recorder,
                                    .workers = 0};
    const ImageBatch batch = load_batches(dataset, {0}, 0, options)->next();
    EXPECT_EQ(recorder->seen, sets_size ? cv::Size(80, 60) : cv::Size(32, 16));
    EXPECT_EQ(batch.images.shape(), (Shape{1, 16, 32, 3})) << "brought to the network's size in any case";
  }
}

}  // namespace
}  // namespace fovea
