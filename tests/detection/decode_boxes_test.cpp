#include "fovea/detection/decode_boxes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;
using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_box(const Box& box, float x1, float y1, float x2, float y2) {
  EXPECT_NEAR(box.x1, x1, 1e-4);
  EXPECT_NEAR(box.y1, y1, 1e-4);
  EXPECT_NEAR(box.x2, x2, 1e-4);
  EXPECT_NEAR(box.y2, y2, 1e-4);
}

TEST(MakePriors, AreSquaresAroundTheCentresOfCells) {
  // 20 x 10 pixels: 3 x 2 cells of 8 (the last ones cut) with sizes 4 and 16, then 2 x 1 of 16.
  const std::vector<float> priors = make_priors({.strides = {8, 16}, .sizes = {{4, 16}, {40}}}, {20, 10});
  ASSERT_EQ(priors.size(), 4u * (3 * 2 * 2 + 2 * 1));
  EXPECT_THAT(
      std::vector<float>(priors.begin(), priors.begin() + 8),
      ElementsAre(FloatEq(0.2F), FloatEq(0.4F), FloatEq(0.2F), FloatEq(0.4F), FloatEq(0.2F), FloatEq(0.4F), FloatEq(0.8F), FloatEq(1)));
  EXPECT_THAT(std::vector<float>(priors.end() - 4, priors.end()), ElementsAre(FloatEq(1), FloatNear(0.8F, 1e-6F), FloatEq(1), FloatEq(1)));
  EXPECT_THROW(make_priors({.strides = {8}, .sizes = {}}, {8, 8}), OptionError);
  EXPECT_THROW(make_priors({.strides = {0}, .sizes = {{1}}}, {8, 8}), OptionError);
}

TEST(DecodePriors, MovesAndScalesThePrior) {
  // One cell of 8 x 8 in an input of 8 x 8: the prior is centred at 4, 4 and measures 4.
  const PriorHeadLayout layout{.priors = {.strides = {8}, .sizes = {{4}}}};
  const Tensor boxes = Tensor::from<float>({9, 9, 9, 9, 1, -2, 2, 0}, {2, 1, 4});
  const Tensor scores = Tensor::from<float>({1, 0, 0, 0.1F, 0.3F, 0.6F}, {2, 1, 3});
  Detections found;
  decode_priors(boxes, scores, layout, {.image = 1, .input = {8, 8}, .confidence = 0.5}, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].index, 1);
  EXPECT_EQ(found[0].score, 0.6F);
  const float half = 2 * std::exp(0.4F);
  expect_box(found[0].box, 4.4F - half, 3.2F - 2, 4.4F + half, 3.2F + 2);
}

TEST(DecodePriors, TakesCornersWithoutPriors) {
  const PriorHeadLayout layout{.is_encoded = false, .has_background = false};
  Detections found;
  decode_priors(Tensor::from<float>({0, 0.25F, 0.5F, 1}, {1, 1, 4}), Tensor::from<float>({0.4F, 0.3F}, {1, 1, 2}), layout,
                {.input = {200, 100}, .confidence = 0.3}, found);
  ASSERT_EQ(found.size(), 2u);
  expect_box(found[0].box, 0, 25, 100, 100);
  EXPECT_EQ(found[1].index, 1);
}

TEST(DecodePriors, RefusesWhatDoesNotFit) {
  Detections found;
  const PriorHeadLayout layout{.priors = {.strides = {8}, .sizes = {{4}}}};
  EXPECT_THAT(
      [&] {
        decode_priors(Tensor::zeros({1, 2, 4}), Tensor::zeros({1, 2, 2}), layout, {.input = {8, 8}}, found);
      },
      ThrowsMessage<ShapeError>(HasSubstr("the layout has 1 priors for an input of 8x8, but there are 2 boxes")));
  EXPECT_THROW(decode_priors(Tensor::zeros({1, 1, 5}), Tensor::zeros({1, 1, 2}), layout, {.input = {8, 8}}, found), ShapeError);
  EXPECT_THROW(decode_priors(Tensor::zeros({1, 1, 4}), Tensor::zeros({1, 2, 2}), layout, {.input = {8, 8}}, found), ShapeError);
}

TEST(DecodeRows, ReadsEitherOrderWithAndWithoutObjectness) {
  const std::vector<float> values = {50, 40, 20, 10, 0.5F, 0.9F, 0.2F, 10, 10, 4, 4, 0.9F, 0.1F, 0.8F};
  std::vector<float> turned;
  for (int v = 0; v < 7; ++v)
    for (int box = 0; box < 2; ++box) turned.push_back(values[static_cast<std::size_t>(box * 7 + v)]);
  for (const bool transposed : {false, true}) {
    const Tensor rows = transposed ? Tensor::from(turned, {1, 7, 2}) : Tensor::from(values, {1, 2, 7});
    Detections found;
    decode_rows(rows, {.classes = 2, .transposed = transposed}, {.confidence = 0.4}, found);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_FLOAT_EQ(found[0].score, 0.45F);
    expect_box(found[0].box, 40, 35, 60, 45);
    EXPECT_EQ(found[1].index, 1);
    EXPECT_FLOAT_EQ(found[1].score, 0.72F);
    found.clear();
    decode_rows(rows, {.classes = 3, .has_objectness = false, .transposed = transposed}, {.confidence = 0.85}, found);
    EXPECT_EQ(found.size(), 2u);
  }
  Detections found;
  EXPECT_THROW(decode_rows(Tensor::zeros({1, 2, 8}), {.classes = 2}, {}, found), ShapeError);
}

TEST(DecodeSsd, ReadsTheRowsOfOneImage) {
  const Tensor rows =
      Tensor::from<float>({0, 1, 0.9F, 0, 0, 1, 1, 1, 2, 0.8F, 0.1F, 0.2F, 0.3F, 0.4F, 1, 2, 0.1F, 0, 0, 1, 1}, {1, 1, 3, 7});
  Detections found;
  decode_ssd(rows, 2, {.image = 1, .input = {100, 10}, .confidence = 0.5}, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].index, 1);
  expect_box(found[0].box, 10, 2, 30, 4);
  EXPECT_THROW(decode_ssd(rows, 1, {.image = 1, .confidence = 0.5}, found), ShapeError);
  EXPECT_THROW(decode_ssd(Tensor::zeros({1, 7}), 1, {}, found), ShapeError);
}

}  // namespace
}  // namespace fovea
