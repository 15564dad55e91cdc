#include "fovea/evaluation/panoptic_quality.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "panoptic_files.hpp"

namespace fovea {
namespace {

using test::PanopticFiles;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Ids = cv::Mat_<std::int32_t>;

TEST(PanopticQuality, ByHand) {
  PanopticFiles files({true, false});
  // Segment 1 (thing) is found with IoU 3/4, segment 2 (stuff) with 2/4 only: missed, and what was found instead is false.
  files.add((Ids(1, 8) << 1, 1, 1, 1, 2, 2, 2, 2), {{1, 0}, {2, 1}}, (Ids(1, 8) << 5, 5, 5, 0, 6, 6, 0, 0), {{5, 0}, {6, 1}});
  const PanopticEvaluation evaluation = files.evaluate(1);
  EXPECT_DOUBLE_EQ(evaluation.things().pq, 0.75);
  EXPECT_DOUBLE_EQ(evaluation.things().sq, 0.75);
  EXPECT_DOUBLE_EQ(evaluation.things().rq, 1);
  EXPECT_EQ(evaluation.stuff().pq, 0) << "an IoU of exactly one half is no match";
  EXPECT_EQ(evaluation.per_class[1].false_positives, 1);
  EXPECT_EQ(evaluation.per_class[1].false_negatives, 1);
  EXPECT_DOUBLE_EQ(evaluation.all().pq, 0.375);
  EXPECT_EQ(evaluation.all().classes, 2);
}

TEST(PanopticQuality, VoidIsNotJudged) {
  PanopticFiles files({true});
  // Of 6 predicted pixels 3 are void: they leave the union, and IoU is 3/3. The other segment lies in void by 2 of 3: no false positive.
  files.add((Ids(1, 10) << 1, 1, 1, 0, 0, 0, 0, 0, 2, 2), {{1, 0}, {2, 0}}, (Ids(1, 10) << 7, 7, 7, 7, 7, 7, 8, 8, 8, 0), {{7, 0}, {8, 0}});
  const PanopticEvaluation evaluation = files.evaluate(1);
  EXPECT_EQ(evaluation.per_class[0].sum_of_iou, 1);
  EXPECT_EQ(evaluation.per_class[0].false_positives, 0);
  EXPECT_EQ(evaluation.per_class[0].false_negatives, 1);
}

TEST(PanopticQuality, CrowdsExcuseTheirOwnClass) {
  const auto false_positives = [](std::int32_t category) {
    PanopticFiles files({true, true});
    files.add((Ids(1, 4) << 1, 1, 1, 1), {{1, 0, true}}, (Ids(1, 4) << 7, 7, 7, 0), {{7, category}});
    const PanopticEvaluation evaluation = files.evaluate(1);
    EXPECT_EQ(evaluation.per_class[0].false_negatives, 0) << "a crowd is never missed";
    return evaluation.per_class[static_cast<std::size_t>(category)].false_positives;
  };
  EXPECT_EQ(false_positives(0), 0);
  EXPECT_EQ(false_positives(1), 1);
}

TEST(PanopticQuality, HasTheSameBitsForAnyNumberOfThreads) {
  PanopticFiles files({true, false, true});
  RandomStream stream(3);
  for (int image = 0; image < 9; ++image) {
    Ids truth(12, 15, 0), found(12, 15, 0);
    std::vector<PanopticSegment> segments;
    for (int i = 1; i <= 5; ++i) {  // one row or two of each, so that all keep pixels
      segments.push_back({i, static_cast<std::int32_t>(stream.below(3)), false});
      truth.rowRange(2 * i, 2 * i + 2) = i;
      found.rowRange(2 * i, 2 * i + 2) = i;
      found.row(2 * i).colRange(0, 1 + static_cast<int>(stream.below(14))) = 0;
    }
    files.add(truth, segments, found, segments);
  }
  const PanopticEvaluation one = files.evaluate(1), three = files.evaluate(3);
  EXPECT_GT(one.all().pq, 0.3);
  EXPECT_EQ(to_text(to_json(one, {"all", "x", "0"})), to_text(to_json(three, {"all", "x", "0"})));
  EXPECT_THAT(to_table(one), HasSubstr("COCO panoptic"));
}

TEST(PanopticQuality, SaysWhatDoesNotFit) {
  PanopticDataset truth, results;
  PanopticCategory cat;
  cat.name = "cat";
  truth.categories = {cat};
  PanopticImage image;
  image.image.file_name = "a.jpg";
  truth.images = {image};
  EXPECT_THAT([&] { evaluate_panoptic(truth, results, Threads(1)); },
              ThrowsMessage<OptionError>(HasSubstr("the results have no image \"a.jpg\"")));
  cat.name = "dog";
  results.categories = {cat};
  EXPECT_THAT([&] { evaluate_panoptic(truth, results, Threads(1)); }, ThrowsMessage<OptionError>(HasSubstr("no class \"dog\"")));
}

}  // namespace
}  // namespace fovea
