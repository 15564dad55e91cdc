#include "fovea/classification/image_features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/base/error.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using Kind = ImageFeaturesOptions::Kind;

constexpr Kind kKinds[] = {Kind::pixels, Kind::color_histogram, Kind::hog, Kind::bag_of_words};
const ImageShape kShape{13, 17, 3};

ImageFeaturesOptions options_for(Kind kind) {
  return {.kind = kind, .hog = {.cell = 4}, .words = {.words = 9, .patch = 4, .stride = 3, .training_patches = 200}};
}

Tensor images(std::int64_t count, std::uint64_t seed, const ImageShape& shape = kShape) {
  std::vector<float> values = test::random_values<float>(count * shape.height * shape.width * shape.channels, seed);
  for (float& value : values) value = (value + 1) / 2;
  return Tensor::from(values, {count, shape.height, shape.width, shape.channels});
}

TEST(ImageFeatures, AnImagesVectorDoesNotDependOnItsCompany) {
  for (const Kind kind : kKinds) {
    const auto features = make_image_features(options_for(kind), kShape);
    features->fit(images(10, 1), 7);
    const Tensor batch = images(37, 2), all = features->extract(batch);
    ASSERT_EQ(all.shape(), (Shape{37, features->width()})) << name_of(kind);
    for (const std::int64_t i : {0, 17, 36})
      EXPECT_EQ(features->extract(batch.slice(i, i + 1)).to_vector<float>(), all.slice(i, i + 1).to_vector<float>()) << name_of(kind);
    EXPECT_NE(all.slice(0, 1).to_vector<float>(), all.slice(1, 2).to_vector<float>()) << name_of(kind);
    EXPECT_EQ(features->extract(batch.slice(0, 0)).shape(), (Shape{0, features->width()})) << name_of(kind);
  }
}

TEST(ImageFeatures, NamesGoBothWays) {
  for (const Kind kind : kKinds) EXPECT_EQ(image_features_from(name_of(kind)), kind);
  EXPECT_THAT([] { image_features_from("hogs"); }, ThrowsMessage<OptionError>(HasSubstr("hog")));
}

/// Words by hand: two kinds of patches, dark-to-light and light-to-dark columns, must be told apart, and regions kept apart.
TEST(BagOfWords, RegionsCountTheWordsOfTheirPatches) {
  const ImageShape shape{4, 8, 1};
  const auto image = [](bool left_rising, bool right_rising) {
    std::vector<float> values;
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 8; ++x) {
        const bool rising = x < 4 ? left_rising : right_rising;
        values.push_back(static_cast<float>(rising ? x % 4 : 3 - x % 4) / 3);
      }
    return Tensor::from(values, {1, 4, 8, 1});
  };
  const auto words = make_image_features(
      {.kind = Kind::bag_of_words, .words = {.words = 2, .patch = 4, .stride = 4, .grid = 2, .training_patches = 400}}, shape);
  Tensor training = Tensor::empty({2, 4, 8, 1});
  training.slice(0, 1).copy_(image(true, true));
  training.slice(1, 2).copy_(image(false, false));
  words->fit(training, 1);
  ASSERT_EQ(words->width(), 8);
  const auto regions = [&](bool left, bool right) { return words->extract(image(left, right)).to_vector<float>(); };
  const std::vector<float> rr = regions(true, true), rf = regions(true, false), ff = regions(false, false);
  // One row of patches: regions (0, 0) and (0, 1) hold one patch each; the lower ones none.
  EXPECT_TRUE(std::equal(rf.begin(), rf.begin() + 2, rr.begin()));
  EXPECT_TRUE(std::equal(rf.begin() + 2, rf.begin() + 4, ff.begin() + 2));
  EXPECT_NE(rr[0] > rr[1], ff[0] > ff[1]);
  EXPECT_THAT(std::vector<float>(rf.begin() + 4, rf.end()), testing::Each(0.f));
}

/// The definition, for a single patch per image: max(0, mean distance - distance) with the words that state_dict() shows.
TEST(BagOfWords, EncodesByTriangle) {
  const ImageShape shape{3, 3, 1};
  const auto words = make_image_features(
      {.kind = Kind::bag_of_words, .words = {.words = 5, .patch = 3, .stride = 1, .grid = 1, .training_patches = 60}}, shape);
  words->fit(images(40, 1, shape), 2);
  Tensor mean, whitening, centers;
  for (const auto& entry : words->state_dict()) {
    if (entry.name == "mean") mean = entry.tensor;
    if (entry.name == "whitening") whitening = entry.tensor;
    if (entry.name == "words") centers = entry.tensor;
  }
  const Tensor image = images(1, 9, shape);
  double sum = 0, squares = 0;
  for (const float value : image.span<float>()) sum += value / 9.0;
  for (const float value : image.span<float>()) squares += (value - sum) * (value - sum) / 9;
  std::vector<double> patch, white(9), z(5);
  for (int i = 0; i < 9; ++i) patch.push_back((image.data<float>()[i] - sum) / std::sqrt(squares + 10.0 / 65025) - mean.data<float>()[i]);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) white[i] += whitening.data<float>()[i * 9 + j] * patch[j];
  double average = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    for (std::size_t i = 0; i < 9; ++i) z[k] += std::pow(white[i] - centers.data<float>()[k * 9 + i], 2);
    z[k] = std::sqrt(z[k]);
    average += z[k] / 5;
  }
  const std::vector<float> features = words->extract(image).to_vector<float>();
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(features[k], std::max(0.0, average - z[k]), 1e-4);
}

/// ZCA: W = V (D + floor)^-1/2 V^T.
TEST(BagOfWords, WhiteningIsSymmetric) {
  const ImageShape shape{8, 8, 1};
  const auto words = make_image_features({.kind = Kind::bag_of_words, .words = {.words = 2, .patch = 3, .training_patches = 500}}, shape);
  words->fit(images(20, 1, shape), 2);
  for (const auto& entry : words->state_dict()) {
    if (entry.name != "whitening") continue;
    for (int i = 0; i < 9; ++i)
      for (int j = 0; j < 9; ++j) EXPECT_NEAR(entry.tensor.data<float>()[i * 9 + j], entry.tensor.data<float>()[j * 9 + i], 1e-5);
    EXPECT_GT(entry.tensor.data<float>()[0], 0);
  }
}

TEST(BagOfWords, SaysWhatItWants) {
  const auto make = [](const BagOfWordsOptions& words) {
    return make_image_features({.kind = Kind::bag_of_words, .words = words}, kShape);
  };
  EXPECT_THAT([&] { make({.patch = 14}); }, ThrowsMessage<OptionError>(HasSubstr("does not fit")));
  EXPECT_THAT([&] { make({.grid = 0}); }, ThrowsMessage<OptionError>(HasSubstr("grid: at least 1")));
  EXPECT_THAT([&] { make({.words = 30, .training_patches = 20}); }, ThrowsMessage<OptionError>(HasSubstr("as many training patches")));
}

}  // namespace
}  // namespace fovea
