#include "fovea/detection/matcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Overlaps, AreThoseOfThePairs) {
  RandomStream stream(1);
  std::vector<Box> a, b;
  for (int i = 0; i < 37; ++i) {
    const auto x = static_cast<float>(stream.uniform(0, 50)), y = static_cast<float>(stream.uniform(0, 50));
    (i % 3 == 0 ? a : b).push_back({x, y, x + static_cast<float>(stream.uniform(1, 60)), y + static_cast<float>(stream.uniform(1, 60))});
  }
  for (const BoxOverlap kind : {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou}) {
    const OverlapMatrix matrix = overlaps(a, b, kind);
    ASSERT_EQ(matrix.rows, std::ssize(a));
    ASSERT_EQ(matrix.columns, std::ssize(b));
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t j = 0; j < b.size(); ++j)
        EXPECT_NEAR(matrix.at(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)), overlap(kind, a[i], b[j]), 1e-6);
  }
}

/// The rules word for word: first every anchor looks at its best object, then every object claims its best anchors.
std::vector<std::int64_t> naive_match(const OverlapMatrix& o, const MatcherOptions& options) {
  std::vector<std::int64_t> matches, best_objects;
  for (std::int64_t i = 0; i < o.rows; ++i) {
    std::int64_t best = -1;
    for (std::int64_t j = 0; j < o.columns; ++j)
      if (best < 0 || o.at(i, j) > o.at(i, best)) best = j;
    best_objects.push_back(best);
    const double overlap = best < 0 ? 0 : o.at(i, best);
    matches.push_back(best < 0 || overlap < options.background_below ? kBackground
                      : overlap >= options.object_from               ? best
                                                                     : kIgnoredAnchor);
  }
  for (std::int64_t j = 0; options.keep_best && j < o.columns; ++j) {
    std::set<float> column;
    for (std::int64_t i = 0; i < o.rows; ++i) column.insert(o.at(i, j));
    for (std::int64_t i = 0; i < o.rows; ++i)
      if (o.at(i, j) > 0 && o.at(i, j) == *column.rbegin())
        matches[static_cast<std::size_t>(i)] = best_objects[static_cast<std::size_t>(i)];
  }
  return matches;
}

TEST(Matcher, IsTheRules) {
  RandomStream stream(2);
  for (int trial = 0; trial < 300; ++trial) {
    OverlapMatrix o{static_cast<std::int64_t>(stream.below(12)), static_cast<std::int64_t>(stream.below(6)), {}};
    for (std::int64_t i = 0; i < o.rows * o.columns; ++i) o.values.push_back(static_cast<float>(stream.below(11)) / 10);  // with ties
    for (const MatcherOptions& options : {MatcherOptions{}, MatcherOptions{0.3, 0.7, true}, MatcherOptions{0.5, 0.5, false}})
      EXPECT_EQ(match(o, options), naive_match(o, options)) << trial;
  }
}

TEST(Matcher, HandWorked) {
  const OverlapMatrix o{4, 2, {0.9f, 0.1f, 0.45f, 0.2f, 0.1f, 0.3f, 0.0f, 0.05f}};
  EXPECT_THAT(match(o), ElementsAre(0, kIgnoredAnchor, 1, kBackground)) << "the third is the best that the second object has";
  EXPECT_THAT(match(o, {.keep_best = false}), ElementsAre(0, kIgnoredAnchor, kBackground, kBackground));
  EXPECT_THAT(match({3, 0, {}}), ElementsAre(kBackground, kBackground, kBackground)) << "no objects";
}

TEST(Matcher, SaysWhatIsWrong) {
  EXPECT_THAT([] { match({}, {.background_below = 0.6, .object_from = 0.5}); },
              ThrowsMessage<OptionError>(HasSubstr("[match] expected 0 <= background_below <= object_from <= 1, found 0.6 and 0.5")));
}

}  // namespace
}  // namespace fovea
