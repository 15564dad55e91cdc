// mixup, cutmix, cutout: what becomes of images and labels.
#include "fovea/classification/batch_mixing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/classification/image_batch.hpp"

namespace fovea {
namespace {

constexpr std::int64_t kImages = 6, kHeight = 7, kWidth = 9, kChannels = 2, kClasses = 6;
constexpr std::int64_t kImageSize = kHeight * kWidth * kChannels;

/// Image i is i + 1 everywhere and of class i.
ImageBatch numbered() {
  ImageBatch batch{.images = Tensor::empty({kImages, kHeight, kWidth, kChannels}), .labels = Tensor::empty({kImages}, DType::i64)};
  for (std::int64_t i = 0; i < kImages; ++i) {
    std::fill_n(batch.images.mutable_data<float>() + i * kImageSize, kImageSize, static_cast<float>(i + 1));
    batch.labels.mutable_data<std::int64_t>()[i] = i;
  }
  return batch;
}

/// The mean of image i as its label would have it: the sum of class c's share times (c + 1).
double mean_by_label(const ImageBatch& batch, std::int64_t i) {
  double mean = 0, total = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) {
    mean += batch.distributions.data<float>()[i * kClasses + c] * static_cast<double>(c + 1);
    total += batch.distributions.data<float>()[i * kClasses + c];
  }
  EXPECT_NEAR(total, 1, 1e-6);
  return mean;
}
double mean_of(const ImageBatch& batch, std::int64_t i) {
  double sum = 0;
  for (std::int64_t k = 0; k < kImageSize; ++k) sum += batch.images.data<float>()[i * kImageSize + k];
  return sum / static_cast<double>(kImageSize);
}

TEST(MixUp, LabelsAreMixedAsImagesAre) {
  int mixed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    ImageBatch batch = numbered();
    RandomStream stream(seed);
    mix_up(batch, kClasses, 0.4, stream);
    for (std::int64_t i = 0; i < kImages; ++i) {
      EXPECT_NEAR(mean_of(batch, i), mean_by_label(batch, i), 1e-5);
      const float* image = batch.images.data<float>() + i * kImageSize;
      EXPECT_EQ(*std::min_element(image, image + kImageSize), *std::max_element(image, image + kImageSize)) << "every pixel alike";
      mixed += std::abs(mean_of(batch, i) - static_cast<double>(i + 1)) > 0.01 ? 1 : 0;
    }
  }
  EXPECT_GT(mixed, 40);
}

TEST(MixUp, TheProportionsAreBetaDistributed) {
  // Beta(a, a) has the variance 1 / (4 (2 a + 1)); with two images of one batch and the other's share read from the labels.
  for (const double alpha : {0.2, 1.0, 4.0}) {
    double sum = 0, squares = 0, count = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
      ImageBatch batch{.images = Tensor::zeros({2, 1, 1, 1}), .labels = Tensor::from<std::int64_t>({0, 1}, {2})};
      RandomStream stream(seed);
      mix_up(batch, 2, alpha, stream);
      const double own = batch.distributions.data<float>()[0];
      if (own == 1) continue;  // the partner was the image itself
      sum += own;
      squares += own * own;
      count += 1;
    }
    EXPECT_NEAR(count, 1500, 150);
    EXPECT_NEAR(sum / count, 0.5, 0.05);
    EXPECT_NEAR(squares / count - sum / count * sum / count, 1 / (4 * (2 * alpha + 1)), 0.02) << alpha;
  }
}

TEST(CutMix, ARectangleOfThePartnerAndLabelsByArea) {
  std::set<std::int64_t> areas;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    ImageBatch batch = numbered();
    RandomStream stream(seed);
    cut_mix(batch, kClasses, 1, stream);
    for (std::int64_t i = 0; i < kImages; ++i) {
      EXPECT_NEAR(mean_of(batch, i), mean_by_label(batch, i), 1e-5);
      std::int64_t top = kHeight, bottom = -1, left = kWidth, right = -1, foreign = 0;
      for (std::int64_t y = 0; y < kHeight; ++y)
        for (std::int64_t x = 0; x < kWidth; ++x) {
          if (batch.images.data<float>()[((i * kHeight + y) * kWidth + x) * kChannels] == static_cast<float>(i + 1)) continue;
          top = std::min(top, y), bottom = std::max(bottom, y), left = std::min(left, x), right = std::max(right, x);
          ++foreign;
        }
      if (foreign > 0) {
        EXPECT_EQ(foreign, (bottom - top + 1) * (right - left + 1)) << "not a rectangle";
        areas.insert(foreign);
      }
    }
  }
  EXPECT_GT(areas.size(), 8u);
}

TEST(CutOut, ASquareOfZerosInEveryImage) {
  std::set<std::int64_t> first_cells;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    ImageBatch batch = numbered();
    RandomStream stream(seed);
    cut_out(batch, 0.5, stream);  // 4 of 7 cells, rounded
    EXPECT_FALSE(batch.distributions.defined());
    for (std::int64_t i = 0; i < kImages; ++i) {
      std::int64_t zeros = 0, first = -1;
      for (std::int64_t k = 0; k < kImageSize; ++k) {
        const float value = batch.images.data<float>()[i * kImageSize + k];
        EXPECT_TRUE(value == 0 || value == static_cast<float>(i + 1));
        if (value != 0) continue;
        if (first < 0) first = k;
        ++zeros;
      }
      EXPECT_GE(zeros, 2 * 2 * kChannels) << "a corner at least";
      EXPECT_LE(zeros, 4 * 4 * kChannels);
      first_cells.insert(first);
    }
  }
  EXPECT_GT(first_cells.size(), 20u);
}

TEST(BatchMixing, EqualStreamsGiveEqualBatchesAndBothKindsOccur) {
  const auto mixed = [](std::uint64_t seed) {
    ImageBatch batch = numbered();
    RandomStream stream(seed);
    mix_batch(batch, kClasses, {.mixup_alpha = 1, .cutmix_alpha = 1, .cutout_share = 0.3}, stream);
    return batch.images.to_vector<float>();
  };
  EXPECT_EQ(mixed(3), mixed(3));
  EXPECT_NE(mixed(3), mixed(4));
  int whole = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<float> values = mixed(seed);
    whole += std::all_of(values.begin(), values.end(), [](float value) { return value == std::round(value); }) ? 1 : 0;
  }
  EXPECT_NEAR(whole, 50, 25) << "cutmix leaves whole numbers, mixup does not";
}

TEST(BatchMixing, RefusesOptionsOutOfRange) {
  ImageBatch batch = numbered();
  RandomStream stream(1);
  for (const double alpha : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(mix_up(batch, kClasses, alpha, stream), OptionError) << alpha;
    EXPECT_THROW(cut_mix(batch, kClasses, alpha, stream), OptionError) << alpha;
    EXPECT_THROW(cut_out(batch, alpha, stream), OptionError) << alpha;
  }
  EXPECT_THROW(cut_out(batch, 1.5, stream), OptionError);
}

}  // namespace
}  // namespace fovea
