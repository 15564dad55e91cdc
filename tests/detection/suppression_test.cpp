#include "fovea/detection/suppression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/random.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const std::vector<Box> kThree{{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 20, 30, 30}};  // IoU of the first two: 90 / 110

TEST(Suppression, KeepsTheBestOfThoseThatOverlap) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, {}, 0.5), ElementsAre(1, 2));
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, {}, 0.82), ElementsAre(1, 0, 2));
}

TEST(Suppression, ABoxThatIsLeftOutLeavesOutNoOther) {
  const std::vector<Box> chain{{0, 0, 10, 10}, {4, 0, 14, 10}, {8, 0, 18, 10}};  // neighbours have 6 / 14, the ends 2 / 18
  EXPECT_THAT(non_maximum_suppression(chain, std::vector<float>{0.9f, 0.8f, 0.7f}, {}, 0.3), ElementsAre(0, 2));
}

TEST(Suppression, TheThresholdItselfIsNotMore) {
  const std::vector<Box> half{{0, 0, 10, 10}, {0, 0, 10, 5}};
  EXPECT_THAT(non_maximum_suppression(half, std::vector<float>{1, 1}, {}, 0.5), ElementsAre(0, 1));
  EXPECT_THAT(non_maximum_suppression(half, std::vector<float>{1, 1}, {}, 0.4999999), ElementsAre(0));
}

TEST(Suppression, EqualScoresGoByPlace) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.5f, 0.5f}, {}, 0.5), ElementsAre(0, 2));
}

TEST(Suppression, ClassesDoNotMeet) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, std::vector<std::int64_t>{0, 1, 0}, 0.5),
              ElementsAre(1, 0, 2));
}

TEST(Suppression, WhatIsNotFiniteIsNotKept) {
  const std::vector<Box> boxes{{0, 0, kNan, 10}, {0, 0, 10, 10}, {0, 0, 10, std::numeric_limits<float>::infinity()}, {0, 0, 9, 9}};
  EXPECT_THAT(non_maximum_suppression(boxes, std::vector<float>{1, 0.5f, 1, kNan}, {}, 0.5), ElementsAre(1));
}

TEST(Suppression, NothingOfNothing) {
  EXPECT_THAT(non_maximum_suppression({}, {}, {}, 0.5), IsEmpty());
  EXPECT_THAT(suppress({}), IsEmpty());
}

TEST(Suppression, OfDetectionsKeepsAtMostTheNumberWanted) {
  const Detections candidates{{{0, 0, 10, 10}, 0.5f, 0}, {{1, 0, 11, 10}, 0.75f, 1}, {{20, 20, 30, 30}, 0.25f, 0}};
  EXPECT_THAT(suppress(candidates), ElementsAre(candidates[1], candidates[0], candidates[2]));
  EXPECT_THAT(suppress(candidates, {.class_agnostic = true}), ElementsAre(candidates[1], candidates[2]));
  EXPECT_THAT(suppress(candidates, {.max_boxes = 1}), ElementsAre(candidates[1]));
}

TEST(Suppression, KeepsWhatTorchvisionKeeps) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/boxes.json");
  for (const Json& c : golden["nms"]) {
    const auto corners = c["boxes"].get<std::vector<float>>(), scores = c["scores"].get<std::vector<float>>();
    const auto classes = c["classes"].get<std::vector<std::int64_t>>();
    std::vector<Box> boxes;
    for (std::size_t i = 0; i < corners.size(); i += 4) boxes.push_back({corners[i], corners[i + 1], corners[i + 2], corners[i + 3]});
    for (const Json& run : c["runs"]) {
      EXPECT_EQ(non_maximum_suppression(boxes, scores, {}, run["threshold"]), run["kept"].get<std::vector<std::int64_t>>());
      EXPECT_EQ(non_maximum_suppression(boxes, scores, classes, run["threshold"]), run["kept_by_class"].get<std::vector<std::int64_t>>());
    }
  }
}

/// The definition, with torchvision's arithmetic, for sets that a file would be large for.
std::vector<std::int64_t> naive_suppression(const std::vector<Box>& boxes, const std::vector<float>& scores, double threshold, bool diou) {
  std::vector<std::int64_t> order(boxes.size()), kept;
  std::iota(order.begin(), order.end(), 0);
  const auto at = [](const auto& list, std::int64_t i) { return list[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) { return at(scores, i) > at(scores, j); });
  for (const std::int64_t i : order) {
    const Box a = at(boxes, i);
    const bool overlaps = std::any_of(kept.begin(), kept.end(), [&](std::int64_t k) {
      const Box b = at(boxes, k);
      const float width = std::max(0.0f, std::min(a.x2, b.x2) - std::max(a.x1, b.x1));
      const float height = std::max(0.0f, std::min(a.y2, b.y2) - std::max(a.y1, b.y1)), common = width * height;
      const float overlap = common / (a.width() * a.height() + b.width() * b.height() - common);
      return diou ? fovea::diou(a, b) > threshold : overlap > threshold;
    });
    if (!overlaps) kept.push_back(i);
  }
  return kept;
}

struct Crowd {
  const char* name;
  std::vector<Box> boxes;
};
/// Sets that put boxes where a search by place and size might miss them.
std::vector<Crowd> crowds() {
  RandomStream stream(7);
  const auto between = [&](double low, double high) { return static_cast<float>(stream.uniform(low, high)); };
  const auto box = [](float x, float y, float w, float h) { return Box{x, y, x + w, y + h}; };
  std::vector<Crowd> list{{"of one size"}, {"of all sizes"}, {"long and thin"}, {"around few objects"},
                          {"far out"},     {"on a lattice"}, {"without area"},  {"tiny"}};
  for (int i = 0; i < 1500; ++i) {
    list[0].boxes.push_back(box(between(0, 300), between(0, 300), 20, 20));
    const float w = std::exp(between(0, 7)), h = std::exp(between(0, 7));
    list[1].boxes.push_back(box(between(0, 800), between(0, 800), w, h));
    list[2].boxes.push_back(i % 2 == 0 ? box(between(0, 50), between(0, 900), 800, between(1, 9))
                                       : box(between(0, 900), between(0, 50), between(1, 9), 800));
    list[3].boxes.push_back(box(static_cast<float>(i % 9 * 40) + between(-3, 3), between(-3, 3), 60 + between(-9, 9), 50 + between(-9, 9)));
    list[4].boxes.push_back(box(1e6f + between(0, 90), -1e6f + between(0, 90), between(1, 50), between(1, 50)));
    list[5].boxes.push_back(box(static_cast<float>(i % 40) * 4, static_cast<float>(i / 40) * 4, 8, static_cast<float>(8 << i % 3)));
    list[6].boxes.push_back(i % 3 == 0   ? box(between(0, 20), 5, 9, 9)
                            : i % 3 == 1 ? box(between(0, 20), 5, 0, 9)
                                         : box(between(0, 20), 5, -9, -9));
    list[7].boxes.push_back(box(between(0, 1e-20), between(0, 1e-20), between(1e-22, 1e-20), between(1e-22, 1e-20)));
  }
  return list;
}

TEST(Suppression, IsTheDefinitionOnCrowds) {
  for (const Crowd& crowd : crowds()) {
    std::vector<float> scores;
    RandomStream stream(8);
    for (std::size_t i = 0; i < crowd.boxes.size(); ++i) scores.push_back(static_cast<float>(stream.below(1000)) / 1000);  // with ties
    for (const double threshold : {0.0, 0.05, 0.3, 0.5, 0.75, 0.98, 1.0})
      EXPECT_EQ(non_maximum_suppression(crowd.boxes, scores, {}, threshold), naive_suppression(crowd.boxes, scores, threshold, false))
          << crowd.name << ", threshold " << threshold;
    if (std::string(crowd.name) == "far out" || std::string(crowd.name) == "tiny") continue;  // there single and double precision differ
    for (const double threshold : {0.01, 0.51}) {
      const auto kept = non_maximum_suppression(crowd.boxes, scores, {}, threshold, BoxOverlap::diou);
      EXPECT_EQ(kept, naive_suppression(crowd.boxes, scores, threshold, true)) << crowd.name << ", DIoU, threshold " << threshold;
    }
  }
}

TEST(Suppression, ClassesGiveTheSameOnAnyNumberOfThreads) {
  const std::vector<Box> boxes = crowds()[1].boxes;
  std::vector<float> scores;
  std::vector<std::int64_t> classes;
  RandomStream stream(9);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    scores.push_back(static_cast<float>(stream.uniform()));
    classes.push_back(static_cast<std::int64_t>(stream.below(7)) - 3);
  }
  const auto run = [&](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    return non_maximum_suppression(boxes, scores, classes, 0.4);
  };
  const auto kept = run(1);
  EXPECT_EQ(kept, run(2));
  EXPECT_EQ(kept, run(3));
  std::vector<std::int64_t> expected;  // class by class
  for (std::int64_t c = -3; c < 4; ++c) {
    std::vector<std::int64_t> places;
    std::vector<Box> of_class;
    std::vector<float> scores_of_class;
    for (std::size_t i = 0; i < boxes.size(); ++i)
      if (classes[i] == c) {
        places.push_back(static_cast<std::int64_t>(i));
        of_class.push_back(boxes[i]);
        scores_of_class.push_back(scores[i]);
      }
    for (const std::int64_t k : naive_suppression(of_class, scores_of_class, 0.4, false))
      expected.push_back(places[static_cast<std::size_t>(k)]);
  }
  std::sort(expected.begin(), expected.end(),
            [&](std::int64_t i, std::int64_t j) { return scores[static_cast<std::size_t>(i)] > scores[static_cast<std::size_t>(j)]; });
  EXPECT_EQ(kept, expected);
}

// Two boxes of IoU 90 / 110 and one apart.
Detections three_detections() { return {{{0, 0, 10, 10}, 0.5f, 0}, {{1, 0, 11, 10}, 0.75f, 0}, {{20, 20, 30, 30}, 0.25f, 0}}; }

TEST(Suppression, SoftKindsLowerScores) {
  const Detections all = three_detections();
  const double overlap = 90.0 / 110;
  const auto scores = [](const Detections& found) {
    std::vector<float> list;
    for (const Detection& d : found) list.push_back(d.score);
    return list;
  };
  EXPECT_THAT(scores(suppress(all, {.kind = SuppressionKind::linear})), ElementsAre(0.75f, 0.25f, static_cast<float>(0.5 * (1 - overlap))));
  EXPECT_THAT(scores(suppress(all, {.kind = SuppressionKind::linear, .threshold = 0.9})), ElementsAre(0.75f, 0.5f, 0.25f));
  EXPECT_THAT(scores(suppress(all, {.kind = SuppressionKind::gaussian, .sigma = 0.5})),
              ElementsAre(0.75f, 0.25f, static_cast<float>(0.5 * std::exp(-overlap * overlap / 0.5))));
  EXPECT_THAT(scores(suppress(all, {.kind = SuppressionKind::gaussian, .smallest_score = 0.2})), ElementsAre(0.75f, 0.25f));
  EXPECT_THAT(scores(suppress(all, {.kind = SuppressionKind::gaussian, .max_boxes = 1})), ElementsAre(0.75f));
  Detections classes = all;
  classes[0].index = 1;
  EXPECT_THAT(scores(suppress(classes, {.kind = SuppressionKind::linear})), ElementsAre(0.75f, 0.5f, 0.25f));
}

TEST(Suppression, DiouKeepsBoxesWhoseCentresAreApart) {
  const Detections all{{{0, 0, 10, 10}, 0.9f, 0}, {{3, 0, 13, 10}, 0.8f, 0}};  // IoU 70 / 130, less 9 / 269
  EXPECT_EQ(suppress(all, {.threshold = 0.52}).size(), 1u);
  EXPECT_EQ(suppress(all, {.kind = SuppressionKind::diou, .threshold = 0.52}).size(), 2u);
  EXPECT_EQ(suppress(all, {.kind = SuppressionKind::diou, .threshold = 0.5}).size(), 1u);
}

TEST(Suppression, WeightedBoxesAreMeans) {
  const Detections kept = suppress(three_detections(), {.kind = SuppressionKind::weighted});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_FLOAT_EQ(kept[0].box.x1, 0.6f) << "0.75 of 1 and 0.5 of 0";
  EXPECT_FLOAT_EQ(kept[0].box.x2, 10.6f);
  EXPECT_EQ(kept[0].score, 0.75f);
  EXPECT_EQ(kept[1].box, (Box{20, 20, 30, 30}));
}

template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Suppression, SaysWhatIsWrong) {
  EXPECT_THAT(message_of([] { non_maximum_suppression(kThree, std::vector<float>{1}, {}, 0.5); }),
              HasSubstr("3 boxes need as many scores and classes (or none), found 1 and 0"));
  EXPECT_THAT(message_of([] { suppress({}, {.threshold = 1.5}); }), HasSubstr("the threshold is in [0, 1], found 1.5"));
  EXPECT_THAT(message_of([] { suppress({}, {.max_boxes = 0}); }), HasSubstr("max_boxes is at least 1, found 0"));
  EXPECT_THAT(message_of([] { suppress({}, {.sigma = 0}); }), HasSubstr("sigma is more than 0, found 0"));
  EXPECT_THAT(message_of([] { non_maximum_suppression({}, {}, {}, 0.5, BoxOverlap::giou); }), HasSubstr("the overlap is iou or diou"));
}

}  // namespace
}  // namespace fovea
