#include "fovea/evaluation/classification_curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/evaluation/temperature_scaling.hpp"

namespace fovea {
namespace {

constexpr double kRounding = 1e-13;  // of doubles summed in another order

ClassPredictions predictions_of(const Json& problem, float denominator) {
  ClassPredictions predictions;
  for (const Json& row : problem.at("numerators"))
    for (const Json& numerator : row) predictions.probabilities.push_back(numerator.get<float>() / denominator);
  predictions.actual = problem.at("labels").get<std::vector<std::int64_t>>();
  for (std::size_t c = 0; c < problem.at("numerators")[0].size(); ++c) predictions.labels.push_back("class " + std::to_string(c));
  return predictions;
}

ClassificationMetrics metrics_of(const ClassPredictions& predictions) {
  ClassificationEvaluator evaluator(predictions.labels);
  for (std::size_t i = 0; i < predictions.size(); ++i) evaluator.add(predictions.row(i), predictions.actual[i]);
  return evaluator.result();
}

/// Calls visit(predictions, what scikit-learn says of them) for every problem.
template <class Visit>
void visit_problems(Visit&& visit) {
  const Json given = read_json_file(SKLEARN_GOLDENS), expected = read_json_file(CURVE_GOLDENS);
  ASSERT_EQ(expected.at("problems").size(), 3U);
  for (std::size_t i = 0; i < expected.at("problems").size(); ++i) {
    SCOPED_TRACE(expected.at("problems")[i].at("name").get<std::string>());
    visit(predictions_of(given.at("problems")[i], given.at("denominator").get<float>()), expected.at("problems")[i]);
  }
}

TEST(ClassificationCurves, AgreeWithScikitLearn) {
  visit_problems([](const ClassPredictions& predictions, const Json& expected) {
    const ClassificationCurves curves = classification_curves(predictions);
    const ClassificationMetrics metrics = metrics_of(predictions);
    for (std::size_t c = 0; c < predictions.labels.size(); ++c) {
      EXPECT_NEAR(curves.per_class[c].auc, expected.at("auc")[c].get<double>(), kRounding) << c;
      EXPECT_NEAR(curves.per_class[c].average_precision, expected.at("average_precision")[c].get<double>(), kRounding) << c;
      const ClassMetrics& row = metrics.per_class[c];
      EXPECT_NEAR(f_beta(row.precision, row.recall, 2), expected.at("f2")[c].get<double>(), kRounding) << c;
      EXPECT_NEAR(f_beta(row.precision, row.recall, 0.5), expected.at("f_half")[c].get<double>(), kRounding) << c;
    }
    const auto near = [&](double auc, double average_precision, const char* mean) {
      EXPECT_NEAR(auc, expected.at(mean)[0].get<double>(), kRounding) << mean;
      EXPECT_NEAR(average_precision, expected.at(mean)[1].get<double>(), kRounding) << mean;
    };
    near(curves.micro.auc, curves.micro.average_precision, "micro");
    near(curves.macro_auc, curves.macro_average_precision, "macro");
    near(curves.weighted_auc, curves.weighted_average_precision, "weighted");
    const auto rates = expected.at("roc_of_first")[0].get<std::vector<double>>(),
               recalls = expected.at("roc_of_first")[1].get<std::vector<double>>();
    ASSERT_EQ(curves.per_class[0].recall.size(), recalls.size());
    for (std::size_t i = 0; i < recalls.size(); ++i) {
      EXPECT_NEAR(curves.per_class[0].recall[i], recalls[i], kRounding);
      EXPECT_NEAR(curves.per_class[0].false_positive_rate[i], rates[i], kRounding);
    }
    EXPECT_DOUBLE_EQ(top_k_accuracy(predictions, 2), expected.at("top2").get<double>());
    EXPECT_DOUBLE_EQ(top_k_accuracy(predictions, 1), metrics.top1);
    EXPECT_DOUBLE_EQ(top_k_accuracy(predictions, 5), metrics.top5);
  });
}

TEST(ClassificationCurves, EqualScoresAreOneThreshold) {
  const BinaryCurve curve = binary_curve(std::vector<double>{.9, .5, .5, .1}, std::vector<std::uint8_t>{1, 1, 0, 0});
  EXPECT_EQ(curve.threshold, (std::vector<double>{.9, .5, .1}));
  EXPECT_EQ(curve.recall, (std::vector<double>{.5, 1, 1}));
  EXPECT_EQ(curve.false_positive_rate, (std::vector<double>{0, .5, 1}));
  EXPECT_DOUBLE_EQ(curve.auc, .875);
  EXPECT_DOUBLE_EQ(curve.average_precision, .5 + .5 * 2 / 3);
}

TEST(ClassificationCurves, WhatIsNotDefinedIsMinusOne) {
  EXPECT_EQ(binary_curve({}, {}).auc, -1);
  const BinaryCurve all = binary_curve(std::vector<double>{.9, .5}, std::vector<std::uint8_t>{1, 1});
  EXPECT_EQ(all.auc, -1);
  EXPECT_EQ(all.average_precision, 1);
  EXPECT_EQ(f_beta(0, 0, 1), 0);
  EXPECT_THROW(f_beta(1, 1, 0), OptionError);
  EXPECT_THROW(binary_curve(std::vector<double>{1}, {}), OptionError);
  EXPECT_THROW(binary_curve(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}, std::vector<std::uint8_t>{1}), OptionError);
  EXPECT_THROW(top_k_accuracy({}, 0), OptionError);
  EXPECT_THROW(reliability({}, 0), OptionError);
}

TEST(Reliability, ItsGapsAreTheCalibrationError) {
  visit_problems([](const ClassPredictions& predictions, const Json&) {
    double error = 0;
    std::int64_t count = 0;
    for (const ReliabilityBin& bin : reliability(predictions)) {
      error += std::abs(bin.accuracy - bin.confidence) * static_cast<double>(bin.count) / static_cast<double>(predictions.size());
      count += bin.count;
      EXPECT_TRUE(bin.count == 0 || (bin.confidence > bin.lower && bin.confidence <= bin.upper)) << bin.lower;
    }
    EXPECT_EQ(count, static_cast<std::int64_t>(predictions.size()));
    EXPECT_NEAR(error, metrics_of(predictions).ece, kRounding);
  });
}

TEST(TemperatureScaling, FindsWhatAMinimiserFinds) {
  visit_problems([](const ClassPredictions& predictions, const Json& expected) {
    const double temperature = fit_temperature(predictions);
    EXPECT_NEAR(temperature, expected.at("temperature").get<double>(), 1e-6) << "a minimum is flat: half of the digits";
    const double least = metrics_of(with_temperature(predictions, temperature)).mean_nll;
    for (const double factor : {.9, .99, 1.01, 1.1})
      EXPECT_LT(least, metrics_of(with_temperature(predictions, temperature * factor)).mean_nll) << factor;
  });
}

TEST(TemperatureScaling, ScalesLogitsAndKeepsTheOrder) {
  const ClassPredictions given{.labels = {"a", "b", "c"}, .probabilities = {.64F, .16F, .2F, 1, 0, 0}, .actual = {0, 1}, .ids = {}};
  const ClassPredictions scaled = with_temperature(given, 2);
  const double sum = .8 + .4 + std::sqrt(.2);
  EXPECT_NEAR(scaled.probabilities[0], .8 / sum, 1e-7);
  EXPECT_NEAR(scaled.probabilities[1], .4 / sum, 1e-7);
  EXPECT_EQ(scaled.probabilities[3], 1);
  EXPECT_EQ(scaled.probabilities[4], 0) << "no logit brings a probability of 0 back";
  EXPECT_THROW(with_temperature(given, 0), OptionError);
  EXPECT_THROW(fit_temperature({}), OptionError);
}

TEST(TemperatureScaling, StaysWithinItsRange) {
  const ClassPredictions always_right{.labels = {"a", "b"}, .probabilities = {.6F, .4F}, .actual = {0}, .ids = {}};
  EXPECT_GE(fit_temperature(always_right), 0.01);
  EXPECT_LT(fit_temperature(always_right), 0.011) << "more confidence is better, until the likelihood is 1 in doubles";
  const ClassPredictions always_wrong{.labels = {"a", "b"}, .probabilities = {.6F, .4F}, .actual = {1}, .ids = {}};
  EXPECT_NEAR(fit_temperature(always_wrong), 100, 1e-6);
}

}  // namespace
}  // namespace fovea
