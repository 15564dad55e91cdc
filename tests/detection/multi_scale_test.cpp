#include "fovea/detection/multi_scale.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(MultiScale, SizesAreThePapersForThePapersRange) {
  std::vector<int> widths;
  for (const cv::Size size : input_sizes({416, 416}, {.min = 320.0 / 416, .max = 608.0 / 416})) {
    EXPECT_EQ(size.width, size.height);
    widths.push_back(size.width);
  }
  EXPECT_THAT(widths, ElementsAre(320, 352, 384, 416, 448, 480, 512, 544, 576, 608));
}

TEST(MultiScale, ProportionsAreKeptAsFarAsTheStrideAllows) {
  EXPECT_THAT(input_sizes({96, 64}, {.min = 0.5, .max = 1.5, .stride = 32}),
              ElementsAre(cv::Size(64, 32), cv::Size(96, 64), cv::Size(128, 96)));  // 42.7 and 85.3 rows at the stride
  EXPECT_THAT(input_sizes({320, 16}, {.min = 1, .max = 1.1, .stride = 32}), ElementsAre(cv::Size(320, 32), cv::Size(352, 32)));
}

TEST(MultiScale, ASizeLastsSoManyBatchesAndAllComeAlike) {
  const MultiScaleOptions options{.min = 0.75, .max = 1.25, .every = 5};
  const auto at = [&](std::int64_t step) { return input_size_at(step, 7, {128, 128}, options); };
  std::map<int, int> times;
  for (std::int64_t block = 0; block < 600; ++block) {
    for (std::int64_t i = 1; i < 5; ++i) ASSERT_EQ(at(5 * block), at(5 * block + i)) << block;
    ++times[at(5 * block).width];
  }
  ASSERT_EQ(times.size(), 3u) << "96, 128, 160";
  for (const auto& [width, count] : times) EXPECT_NEAR(count, 200, 50) << width;  // more than four deviations of a binomial number
  EXPECT_EQ(input_size_at(3, 7, {100, 50}, {}), cv::Size(100, 50)) << "no multiple of anything, but the usual size";
}

TEST(MultiScale, MistakesAreNamed) {
  const auto refuses = [](MultiScaleOptions options, const char* message) {
    EXPECT_THAT([&] { input_sizes({96, 64}, options); }, ThrowsMessage<OptionError>(HasSubstr(message)));
  };
  refuses({.min = 0}, "0 < min <= max, found 0 and 1");
  refuses({.min = 1.2, .max = 1.1}, "found 1.2 and 1.1");
  refuses({.min = 0.9, .every = 0}, "found every = 0");
  refuses({.min = 1.1, .max = 1.2}, "no multiple of the largest stride, 32, lies from 1.1 to 1.2 times the width 96");
}

}  // namespace
}  // namespace fovea
