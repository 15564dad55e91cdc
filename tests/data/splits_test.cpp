#include "fovea/data/splits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace fovea {
namespace {

std::vector<std::int64_t> labels_with(const std::vector<int>& counts) {
  std::vector<std::int64_t> labels;
  for (std::size_t c = 0; c < counts.size(); ++c)
    labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
  return labels;
}

TEST(StratifiedHoldout, TakesTheShareOfEveryClass) {
  // 24/12 = 2, 30/12 = 2.5 rounds up, 5 and 2 give the least of 1, 1 stays whole.
  const std::vector<std::int64_t> labels = labels_with({24, 30, 5, 2, 1});
  const Holdout split = stratified_holdout(labels, 12, 1, 0);
  std::map<std::int64_t, int> held;
  for (const std::int64_t index : split.held_out) ++held[labels[static_cast<std::size_t>(index)]];
  EXPECT_EQ(held, (std::map<std::int64_t, int>{{0, 2}, {1, 3}, {2, 1}, {3, 1}}));
}

TEST(StratifiedHoldout, EverySampleIsOnOneSide) {
  const Holdout split = stratified_holdout(labels_with({50, 70}), 10, 3, 0);
  std::vector<std::int64_t> all = split.kept;
  all.insert(all.end(), split.held_out.begin(), split.held_out.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 120U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int64_t>(i));
  EXPECT_TRUE(std::is_sorted(split.kept.begin(), split.kept.end()));
  EXPECT_TRUE(std::is_sorted(split.held_out.begin(), split.held_out.end()));
}

TEST(StratifiedHoldout, DependsOnSeedAndPurpose) {
  const std::vector<std::int64_t> labels = labels_with({100, 100});
  const auto first = stratified_holdout(labels, 10, 1, 0).held_out;
  EXPECT_EQ(first, stratified_holdout(labels, 10, 1, 0).held_out);
  EXPECT_NE(first, stratified_holdout(labels, 10, 2, 0).held_out);
  EXPECT_NE(first, stratified_holdout(labels, 10, 1, 1).held_out);
  EXPECT_NE(std::vector<std::int64_t>(first.begin(), first.begin() + 10), [&] {
    std::vector<std::int64_t> second(first.begin() + 10, first.end());
    for (auto& index : second) index -= 100;
    return second;
  }()) << "classes are drawn independently";
}

TEST(StratifiedFolds, SpreadEveryClassEvenly) {
  const std::vector<std::int64_t> labels = labels_with({25, 7, 1, 1, 1});
  const std::vector<std::int64_t> folds = stratified_folds(labels, 5, 1);
  std::map<std::pair<std::int64_t, std::int64_t>, int> counts;
  std::map<std::int64_t, int> sizes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++counts[{labels[i], folds[i]}];
    ++sizes[folds[i]];
  }
  EXPECT_EQ(sizes, (std::map<std::int64_t, int>{{0, 7}, {1, 7}, {2, 7}, {3, 7}, {4, 7}})) << "all of one size";
  for (std::int64_t fold = 0; fold < 5; ++fold) {
    EXPECT_EQ((counts[{0, fold}]), 5);
    EXPECT_GE((counts[{1, fold}]), 1);
    EXPECT_LE((counts[{1, fold}]), 2);
  }
  EXPECT_EQ(stratified_folds(labels, 5, 1), folds);
  EXPECT_NE(stratified_folds(labels, 5, 2), folds);
}

}  // namespace
}  // namespace fovea
