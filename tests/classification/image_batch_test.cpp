#include "fovea/classification/image_batch.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/json.hpp"
#include "fovea/data/image_folder.hpp"
#include "fovea/vision/augmentation_recipe.hpp"
#include "support/temporary_folder.hpp"

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

/// Photographs in the colours of two classes, as JPEG and PNG, of many sizes.
class Photographs {
 public:
  Photographs() {
    for (int i = 0; i < 12; ++i) {
      const std::filesystem::path path = folder_ / (i % 2 ? "a" : "b") / (std::to_string(i) + (i % 4 == 3 ? ".png" : ".jpg"));
      std::filesystem::create_directories(path.parent_path());
      cv::imwrite(path.string(), photograph({90 + 23 * i, 70 + 31 * (i % 5)}, i));
    }
    dataset_ = open_image_folder(folder_.path()).whole;
  }
  const ClassificationDataset& dataset() const { return *dataset_; }

 private:
  static cv::Mat photograph(cv::Size size, int i) {
    cv::Mat noise(size / 5, CV_8UC3), image;
    cv::RNG(static_cast<std::uint64_t>(i + 1)).fill(noise, cv::RNG::UNIFORM, 0, 256);
    cv::resize(noise, image, size, 0, 0, cv::INTER_CUBIC);
    return image;
  }

  test::TemporaryFolder folder_;
  ClassificationDatasetPtr dataset_;
};

/// The same samples without their files.
class Decoded final : public ClassificationDataset {
 public:
  explicit Decoded(const ClassificationDataset& dataset) : dataset_(dataset) {}
  std::int64_t size() const override { return dataset_.size(); }
  ClassificationSample get(std::int64_t index) const override { return dataset_.get(index); }
  const std::vector<std::string>& labels() const override { return dataset_.labels(); }
  std::int64_t label(std::int64_t index) const override { return dataset_.label(index); }
  std::string id(std::int64_t index) const override { return dataset_.id(index); }

 private:
  const ClassificationDataset& dataset_;
};

ImageBatchOptions options_for(const char* augmentations, int workers) {
  const cv::Size size(32, 24);
  ImageBatchOptions options{
      .preprocessing = {.width = size.width, .height = size.height, .mean = {0.4, 0.5, 0.6}, .deviation = {0.2, 0.3, 0.1}},
      .batch = 5,
      .seed = 7,
      .workers = workers};
  if (*augmentations != 0) options.augmentation = augmentation_from(parse_json(augmentations, "test"), size, "test");
  return options;
}

/// All values and labels of an epoch.
std::vector<float> epoch_of(const ClassificationDataset& dataset, const ImageBatchOptions& options) {
  std::vector<float> values;
  const auto loader = load_batches(dataset, epoch_order(dataset.size(), options.seed, 1), 1, options);
  for (std::int64_t i = 0; i < loader->batches(); ++i) {
    const ImageBatch batch = loader->next();
    const auto images = batch.images.span<float>();
    values.insert(values.end(), images.begin(), images.end());
    for (const std::int64_t label : batch.labels.span<std::int64_t>()) values.push_back(static_cast<float>(label));
  }
  return values;
}

constexpr const char* kAugmentations[] = {"", R"(["flip"])", R"(["resized-crop", "flip"])", R"(["resized-crop", "flip", "color-jitter"])",
                                          R"(["scale-crop", {"name": "blur", "probability": 0.5}])"};

TEST(ImageBatch, PartsOfFilesGiveTheBitsOfDecodedPictures) {
  const Photographs photographs;
  for (const char* augmentations : kAugmentations)
    for (const auto mode :
         {Preprocessing::ResizeMode::stretch, Preprocessing::ResizeMode::letterbox, Preprocessing::ResizeMode::center_crop}) {
      ImageBatchOptions options = options_for(augmentations, 0);
      options.preprocessing.resize = mode;
      EXPECT_EQ(epoch_of(photographs.dataset(), options), epoch_of(Decoded(photographs.dataset()), options)) << augmentations;
    }
}

TEST(ImageBatch, WorkersDoNotChangeABit) {
  const Photographs photographs;
  for (const char* augmentations : kAugmentations)
    for (const bool reduced : {false, true}) {
      ImageBatchOptions options = options_for(augmentations, 0);
      options.reduced_decoding = reduced;
      const std::vector<float> expected = epoch_of(photographs.dataset(), options);
      for (const int workers : {1, 3}) {
        options.workers = workers;
        EXPECT_EQ(epoch_of(photographs.dataset(), options), expected) << augmentations << ", " << workers << " workers";
      }
    }
}

TEST(ImageBatch, OnlyAugmentedPicturesAreReduced) {
  const Photographs photographs;
  for (const char* augmentations : kAugmentations) {
    ImageBatchOptions options = options_for(augmentations, 0);
    const std::vector<float> full = epoch_of(photographs.dataset(), options);
    options.reduced_decoding = true;
    EXPECT_EQ(epoch_of(photographs.dataset(), options) == full, *augmentations == 0) << augmentations;
  }
}

}  // namespace
}  // namespace fovea
