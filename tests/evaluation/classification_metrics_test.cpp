#include "fovea/evaluation/classification_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;

using Row = std::vector<float>;

TEST(ClassificationMetrics, ThreeClassesByHand) {
  ClassificationEvaluator evaluator({"ant", "bee", "cat"});
  evaluator.add(Row{.75F, .25F, 0}, 0);    // ant as ant
  evaluator.add(Row{.25F, .5F, .25F}, 0);  // ant as bee
  evaluator.add(Row{.25F, .5F, .25F}, 1);  // bee as bee
  evaluator.add(Row{1, 0, 0}, 1);          // bee as ant
  evaluator.add(Row{.25F, .75F, 0}, 1);    // bee as bee
  const ClassificationMetrics metrics = evaluator.result();
  EXPECT_EQ(metrics.count, 5);
  EXPECT_DOUBLE_EQ(metrics.top1, 3.0 / 5);
  EXPECT_DOUBLE_EQ(metrics.top5, 1) << "with three classes, every class is among the first five";
  EXPECT_THAT(metrics.confusion, ElementsAre(ElementsAre(1, 1, 0), ElementsAre(1, 2, 0), ElementsAre(0, 0, 0)));
  EXPECT_DOUBLE_EQ(metrics.per_class[0].precision, 1.0 / 2);
  EXPECT_DOUBLE_EQ(metrics.per_class[0].recall, 1.0 / 2);
  EXPECT_DOUBLE_EQ(metrics.per_class[0].f1, 1.0 / 2);
  EXPECT_EQ(metrics.per_class[0].support, 2);
  EXPECT_DOUBLE_EQ(metrics.per_class[1].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.per_class[2].precision, 0) << "0/0 is 0";
  EXPECT_DOUBLE_EQ(metrics.per_class[2].recall, 0);
  EXPECT_DOUBLE_EQ(metrics.per_class[2].f1, 0);
  EXPECT_DOUBLE_EQ(metrics.macro.f1, (1.0 / 2 + 2.0 / 3 + 0) / 3);
  // Bins: .5 twice (one right), .75 twice (both right), 1 once (wrong): |1 - 1| + |2 - 1.5| + |0 - 1| over 5 samples.
  EXPECT_DOUBLE_EQ(metrics.ece, 1.5 / 5);
  const double smallest = std::numeric_limits<float>::min();
  EXPECT_DOUBLE_EQ(metrics.mean_nll, -(std::log(.75) + std::log(.25) + std::log(.5) + std::log(smallest) + std::log(.75)) / 5);
}

// Gould, lecture notes, section 4.2: "always no" is right on 100 of 101 samples and has found nothing.
TEST(ClassificationMetrics, TheBlackStickClassifierIsAccurateAndWorthless) {
  ClassificationEvaluator evaluator({"no stick", "stick"});
  for (int i = 0; i < 100; ++i) evaluator.add(Row{1, 0}, 0);
  evaluator.add(Row{1, 0}, 1);
  const ClassificationMetrics metrics = evaluator.result();
  EXPECT_DOUBLE_EQ(metrics.top1, 100.0 / 101);
  EXPECT_DOUBLE_EQ(metrics.per_class[1].recall, 0);
  EXPECT_DOUBLE_EQ(metrics.per_class[1].precision, 0);
  EXPECT_DOUBLE_EQ(metrics.per_class[1].f1, 0);
  EXPECT_DOUBLE_EQ(metrics.macro.recall, 0.5);
}

TEST(ClassificationMetrics, TopFiveOfSixAndTies) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
  const Row rising = {0, .0625F, .125F, .1875F, .25F, .375F};
  for (std::int64_t label = 0; label < 6; ++label) {
    ClassificationEvaluator evaluator(names);
    evaluator.add(rising, label);
    EXPECT_EQ(evaluator.result().top1, label == 5) << label;
    EXPECT_EQ(evaluator.result().top5, label != 0) << label;
  }
  const Row equal(6, 1.0F / 6);  // in a tie the lower index is first
  for (std::int64_t label = 0; label < 6; ++label) {
    ClassificationEvaluator evaluator(names);
    evaluator.add(equal, label);
    EXPECT_EQ(evaluator.result().top1, label == 0) << label;
    EXPECT_EQ(evaluator.result().top5, label != 5) << label;
    EXPECT_EQ(evaluator.result().confusion[static_cast<std::size_t>(label)][0], 1) << label;
  }
}

TEST(ClassificationMetrics, CalibrationBinsIncludeTheirUpperEdge) {
  // 0.6 = 9/15. The float just below is in bin 9, the one just above in bin 10; two right and wrong samples on one side would cancel,
  // on two sides they do not.
  const float edge = 0.6F;  // 0.60000002384, above 9/15
  const float below = std::nextafter(edge, 0.F);
  ASSERT_LT(below, 9.0 / 15);
  ASSERT_GT(edge, 9.0 / 15);
  ClassificationEvaluator evaluator({"a", "b"});
  evaluator.add(Row{edge, 1 - edge}, 0);
  evaluator.add(Row{below, 1 - below}, 1);
  EXPECT_NEAR(evaluator.result().ece, (0.4 + 0.6) / 2, 1e-7);

  ClassificationEvaluator same_bin({"a", "b"});
  same_bin.add(Row{below, 1 - below}, 0);
  same_bin.add(Row{below, 1 - below}, 1);
  EXPECT_NEAR(same_bin.result().ece, 0.1, 1e-7);

  // 1 is exactly the last bin's upper edge, and shares the bin with 0.9375 > 14/15.
  ClassificationEvaluator last_bin({"a", "b"});
  last_bin.add(Row{1, 0}, 1);
  last_bin.add(Row{.9375F, .0625F}, 0);
  EXPECT_DOUBLE_EQ(last_bin.result().ece, (1.9375 - 1) / 2);
}

TEST(ClassificationMetrics, OfNothingAreZero) {
  const ClassificationMetrics metrics = ClassificationEvaluator({"a", "b"}).result();
  EXPECT_EQ(metrics.count, 0);
  EXPECT_EQ(metrics.top1, 0);
  EXPECT_EQ(metrics.ece, 0);
  EXPECT_EQ(metrics.mean_nll, 0);
  EXPECT_EQ(metrics.macro.f1, 0);
}

TEST(ClassificationMetrics, OneClass) {
  ClassificationEvaluator evaluator({"only"});
  evaluator.add(Row{1}, 0);
  EXPECT_EQ(evaluator.result().top1, 1);
  EXPECT_EQ(evaluator.result().top5, 1);
  EXPECT_EQ(evaluator.result().ece, 0);
}

TEST(ClassificationMetrics, BadInputIsRefusedAndNotCounted) {
  EXPECT_THROW(ClassificationEvaluator({}), OptionError);
  EXPECT_THROW(ClassificationEvaluator({"a", "b", "a"}), OptionError);
  ClassificationEvaluator evaluator({"a", "b"});
  EXPECT_THROW(evaluator.add(Row{1}, 0), OptionError);
  EXPECT_THROW(evaluator.add(Row{.5F, .5F}, 2), OptionError);
  EXPECT_THROW(evaluator.add(Row{.5F, .5F}, -1), OptionError);
  EXPECT_THROW(evaluator.add(Row{NAN, 1}, 0), OptionError);
  EXPECT_THROW(evaluator.add(Row{INFINITY, 0}, 0), OptionError);
  EXPECT_THROW(evaluator.add(Row{-.5F, 1}, 0), OptionError);
  EXPECT_THROW(evaluator.add(Row{.5F, .25F}, 0), OptionError);
  EXPECT_EQ(evaluator.result().count, 0);
}

TEST(ClassificationMetrics, JsonHasTheKeysOfTheCommandLine) {
  ClassificationEvaluator evaluator({"b", "a"});
  evaluator.add(Row{.75F, .25F}, 0);
  evaluator.add(Row{.75F, .25F}, 1);
  evaluator.add(Row{.1F, .9F}, 1);
  const Json json = to_json(evaluator.result(), {.split = "test", .model = "best.fovea", .fovea_version = "1.2.3"});
  EXPECT_EQ(json.at("protocol"), "classification");
  EXPECT_EQ(json.at("count"), 3);
  EXPECT_EQ(json.at("split"), "test");
  EXPECT_EQ(json.at("model"), "best.fovea");
  EXPECT_EQ(json.at("fovea_version"), "1.2.3");
  EXPECT_EQ(json.at("top1"), 2.0 / 3);
  EXPECT_EQ(json.at("top5"), 1.0);
  EXPECT_EQ(json.at("confusion"), Json::parse("[[1,0],[1,1]]"));
  EXPECT_EQ(json.at("labels"), Json::parse(R"(["b","a"])"));
  EXPECT_EQ(json.at("per_class").begin().key(), "b") << "in the order of the labels";
  EXPECT_EQ(json.at("per_class").at("a").at("recall"), 0.5);
  EXPECT_EQ(json.at("per_class").at("a").at("support"), 2);
  EXPECT_TRUE(json.at("ece").is_number_float());
  // Doubles read back to the same bits.
  EXPECT_EQ(Json::parse(to_text(json)).at("ece").get<double>(), evaluator.result().ece);
}

}  // namespace
}  // namespace fovea
