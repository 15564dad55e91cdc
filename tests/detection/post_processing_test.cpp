#include "fovea/detection/post_processing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(PostProcessing, TheLetterboxIsInvertedToAThousandthOfAPixel) {
  RandomStream stream(1);
  for (int trial = 0; trial < 500; ++trial) {
    const auto side = [&](int low, int high) { return low + static_cast<int>(stream.below(static_cast<std::uint64_t>(high - low))); };
    const cv::Size image(side(16, 4096), side(16, 4096)), input(side(320, 1280), side(320, 1280));
    const auto geometry = make_letterbox(image, input, 114);
    const auto x = static_cast<float>(stream.uniform(0, image.width - 2)), y = static_cast<float>(stream.uniform(0, image.height - 2));
    const Box box{x, y, static_cast<float>(stream.uniform(x + 1, image.width)), static_cast<float>(stream.uniform(y + 1, image.height))};
    const Box back = inverted(*geometry, transformed(*geometry, box));
    EXPECT_NEAR(back.x1, box.x1, 1e-3);
    EXPECT_NEAR(back.y1, box.y1, 1e-3);
    EXPECT_NEAR(back.x2, box.x2, 1e-3);
    EXPECT_NEAR(back.y2, box.y2, 1e-3);
  }
}

TEST(PostProcessing, AMirroredBoxIsNotInverted) {
  const auto flip = make_flip({100, 50});
  EXPECT_EQ(inverted(*flip, {10, 5, 30, 9}), (Box{70, 5, 90, 9}));
}

// 200 x 100 in 100 x 100: half the size, 25 rows above and below.
Detections four() {
  return {{{10, 35, 30, 55}, 0.6f, 1}, {{11, 35, 31, 55}, 0.9f, 1}, {{50, 30, 120, 60}, 0.5f, 0}, {{5, 1, 15, 20}, 0.7f, 2}};
}

TEST(PostProcessing, MapsBackAndCuts) {
  const auto geometry = make_letterbox({200, 100}, {100, 100}, 114);
  const Detections found = post_process(four(), *geometry);
  ASSERT_EQ(found.size(), 2u) << "one is suppressed, one lies on the padding";
  EXPECT_EQ(found[0], (Detection{{22, 20, 62, 60}, 0.9f, 1}));
  EXPECT_EQ(found[1], (Detection{{100, 10, 200, 70}, 0.5f, 0}));
}

TEST(PostProcessing, ChoosesByScoreAndClass) {
  const auto geometry = make_letterbox({200, 100}, {100, 100}, 114);
  const auto scores = [&](const PostProcessingOptions& options) {
    std::vector<float> list;
    for (const Detection& d : post_process(four(), *geometry, options)) list.push_back(d.score);
    return list;
  };
  EXPECT_THAT(scores({.smallest_score = 0.55}), ElementsAre(0.9f));
  EXPECT_THAT(scores({.classes = {0, 2}}), ElementsAre(0.5f));
  EXPECT_THAT(scores({.candidates = 2}), ElementsAre(0.9f)) << "the other is on the padding";
  EXPECT_THAT(scores({.suppression = {.threshold = 0.95}}), ElementsAre(0.9f, 0.6f, 0.5f));
  EXPECT_THAT(scores({.smallest_score = 0.95}), IsEmpty());
  EXPECT_THAT([&] { scores({.candidates = 0}); }, ThrowsMessage<OptionError>(HasSubstr("candidates is at least 1, found 0")));
}

}  // namespace
}  // namespace fovea
