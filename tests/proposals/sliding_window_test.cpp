#include "fovea/proposals/sliding_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "corners.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using test::Corners;
using test::corners;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<Proposal> windows(int width, int height, const SlidingWindowOptions& options) {
  return SlidingWindows(options).propose(cv::Mat(height, width, CV_8U, cv::Scalar(0)));
}

TEST(SlidingWindows, OfAWorkedCase) {
  // 4x4 windows with steps of 2 in 9x6: columns at 0, 2, 4 and 5 (the border), rows at 0, 2.
  const std::vector<Proposal> found = windows(9, 6, {.sizes = {4}, .aspects = {1}, .stride = 0.5, .pyramid = 1});
  std::set<Corners> expected;
  for (const float x : {0.f, 2.f, 4.f, 5.f})
    for (const float y : {0.f, 2.f}) expected.emplace(x, y, x + 4, y + 4);
  EXPECT_EQ(corners(found), expected);
  EXPECT_EQ(found.size(), expected.size());
}

/// At every place: (W - w + 1)(H - h + 1) windows of each size, and with all sizes H (H + 1) / 2 W (W + 1) / 2.
TEST(SlidingWindows, AllBoxesOfASmallImage) {
  std::size_t all = 0;
  for (int width = 1; width <= 5; ++width)
    for (int height = 1; height <= 4; ++height) {
      const double size = std::sqrt(width * height), aspect = static_cast<double>(width) / height;
      const std::vector<Proposal> found = windows(5, 4, {.sizes = {size}, .aspects = {aspect}, .stride = 0.01, .pyramid = 1});
      EXPECT_EQ(static_cast<int>(found.size()), (5 - width + 1) * (4 - height + 1)) << width << "x" << height;
      all += found.size();
    }
  EXPECT_EQ(static_cast<double>(all), count_boxes(4, 5));
  EXPECT_EQ(count_boxes(720, 1280), 212'797'670'400.0) << "the lectures' example";
}

TEST(SlidingWindows, APyramidReachesTheImagesSize) {
  const std::vector<Proposal> found = windows(100, 80, {.sizes = {10}, .aspects = {1}, .stride = 0.5, .pyramid = 2});
  std::set<float> sides;
  for (const Proposal& p : found) sides.insert(p.box.width());
  EXPECT_THAT(sides, testing::ElementsAre(10, 20, 40, 80));
}

TEST(SlidingWindows, FirstOnesAreAnEvenSample) {
  const std::vector<Proposal> all = windows(200, 150, {}), few = windows(200, 150, {.max_boxes = 50}),
                              other = windows(200, 150, {.seed = 1});
  ASSERT_EQ(few.size(), 50u);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].box, all[i].box);
  EXPECT_EQ(corners(other), corners(all));
  EXPECT_NE(other.front().box, all.front().box);
  EXPECT_EQ(corners(all).size(), all.size());
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i].score, all[i - 1].score);
  EXPECT_EQ(all.front().score, 1);
  EXPECT_GT(all.back().score, 0);
}

TEST(SlidingWindows, AnImageWithoutRoomIsTheOnlyWindow) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 40}, {40, 1}}) {
    const std::vector<Proposal> found = windows(width, height, {});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].box, (Box{0, 0, static_cast<float>(width), static_cast<float>(height)}));
  }
}

TEST(SlidingWindows, SaysWhatItWants) {
  EXPECT_THAT([] { SlidingWindows({.sizes = {}}); }, ThrowsMessage<OptionError>(HasSubstr("at least one of the sizes")));
  EXPECT_THAT([] { SlidingWindows({.aspects = {1, -2}}); }, ThrowsMessage<OptionError>(HasSubstr("aspects are above 0, found -2")));
  EXPECT_THAT([] { SlidingWindows({.stride = 0}); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
  EXPECT_THAT([] { SlidingWindows({.pyramid = 0.5}); }, ThrowsMessage<OptionError>(HasSubstr("1 or more, found 0.5")));
  EXPECT_THAT([] { SlidingWindows({.max_boxes = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([] { windows(5000, 5000, {.sizes = {4}, .stride = 0.2}); }, ThrowsMessage<OptionError>(HasSubstr("up to 16777216 windows")));
  EXPECT_THAT([] { SlidingWindows().propose(cv::Mat()); }, ThrowsMessage<ShapeError>(HasSubstr("found 0x0")));
}

}  // namespace
}  // namespace fovea
