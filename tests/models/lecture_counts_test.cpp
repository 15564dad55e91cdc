// Parameter counts that the lectures give for classic networks, counted on real layers.
#include <gtest/gtest.h>

#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {
namespace {

std::int64_t conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t groups = 1) {
  return Conv2d(in, out, {.kernel = kernel, .groups = groups}).parameter_count();
}

std::int64_t weights_of_conv3x3(std::int64_t in, std::int64_t out) {
  return Conv2d(in, out, {.kernel = 3, .bias = false}).parameter_count();
}

// CS231n lecture 5: ten 5x5 filters on 32x32x3 have 76 parameters each.
TEST(LectureCounts, TenFiltersOnColour) { EXPECT_EQ(conv(3, 10, 5), 760); }

TEST(LectureCounts, AlexNetWithoutGroups) {
  EXPECT_EQ(conv(3, 96, 11) - 96, 34'848);
  EXPECT_EQ(conv(96, 256, 5) - 256, 614'400);
  EXPECT_EQ(conv(256, 384, 3) - 384, 884'736);
  EXPECT_EQ(conv(384, 384, 3) - 384, 1'327'104);
  EXPECT_EQ(conv(384, 256, 3) - 256, 884'736);
}

// Gould's notes, section 4.1.4: two streams that never meet before the fully connected layers, 60,522,856 in all; joined at the third
// convolution, as in the paper, 60,965,224. One stream (CS231n): 62,378,344.
TEST(LectureCounts, AlexNetTotals) {
  const std::int64_t fully_connected =
      Linear(6 * 6 * 256, 4096).parameter_count() + Linear(4096, 4096).parameter_count() + Linear(4096, 1000).parameter_count();
  EXPECT_EQ(fully_connected, 37'752'832 + 16'781'312 + 4'097'000);

  const std::int64_t first = conv(3, 96, 11), second = conv(96, 256, 5, 2), apart = conv(256, 384, 3, 2), joined = conv(256, 384, 3);
  EXPECT_EQ(first, 34'944);
  EXPECT_EQ(second, 307'456);
  EXPECT_EQ(apart, 442'752);
  EXPECT_EQ(joined, 885'120);
  const std::int64_t last = conv(384, 384, 3, 2) + conv(384, 256, 3, 2);
  EXPECT_EQ(last, 663'936 + 442'624);
  EXPECT_EQ(first + second + apart + last + fully_connected, 60'522'856);
  EXPECT_EQ(first + second + joined + last + fully_connected, 60'965'224);
  EXPECT_EQ(first + conv(96, 256, 5) + joined + conv(384, 384, 3) + conv(384, 256, 3) + fully_connected, 62'378'344);
}

// CS231n lecture 9, weights without biases.
TEST(LectureCounts, Vgg16Convolutions) {
  EXPECT_EQ(weights_of_conv3x3(3, 64), 1'728);
  EXPECT_EQ(weights_of_conv3x3(64, 64), 36'864);
  EXPECT_EQ(weights_of_conv3x3(64, 128), 73'728);
  EXPECT_EQ(weights_of_conv3x3(128, 128), 147'456);
  EXPECT_EQ(weights_of_conv3x3(128, 256), 294'912);
  EXPECT_EQ(weights_of_conv3x3(256, 256), 589'824);
  EXPECT_EQ(weights_of_conv3x3(256, 512), 1'179'648);
  EXPECT_EQ(weights_of_conv3x3(512, 512), 2'359'296);
}

}  // namespace
}  // namespace fovea
