// The same numbers as scikit-learn, on problems written by make_sklearn_goldens.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/classification_metrics.hpp"

namespace fovea {
namespace {

constexpr double kRounding = 1e-14;  // of doubles summed in another order

TEST(ClassificationMetrics, AgreeWithScikitLearn) {
  const Json goldens = read_json_file(SKLEARN_GOLDENS);
  ASSERT_EQ(goldens.at("problems").size(), 3U);
  for (const Json& problem : goldens.at("problems")) {
    SCOPED_TRACE(problem.at("name").get<std::string>());
    std::vector<std::string> names;
    for (std::size_t c = 0; c < problem.at("precision").size(); ++c) names.push_back("class " + std::to_string(c));
    ClassificationEvaluator evaluator(names);
    for (std::size_t i = 0; i < problem.at("labels").size(); ++i) {
      auto probabilities = problem.at("numerators")[i].get<std::vector<float>>();
      for (float& p : probabilities) p /= goldens.at("denominator").get<float>();
      evaluator.add(probabilities, problem.at("labels")[i].get<std::int64_t>());
    }
    const ClassificationMetrics metrics = evaluator.result();

    EXPECT_EQ(metrics.count, static_cast<std::int64_t>(problem.at("labels").size()));
    EXPECT_EQ(metrics.confusion, problem.at("confusion").get<std::vector<std::vector<std::int64_t>>>());
    EXPECT_DOUBLE_EQ(metrics.top1, problem.at("top1").get<double>());
    EXPECT_DOUBLE_EQ(metrics.top5, problem.at("top5").get<double>());
    for (std::size_t c = 0; c < names.size(); ++c) {
      EXPECT_NEAR(metrics.per_class[c].precision, problem.at("precision")[c].get<double>(), kRounding) << names[c];
      EXPECT_NEAR(metrics.per_class[c].recall, problem.at("recall")[c].get<double>(), kRounding) << names[c];
      EXPECT_NEAR(metrics.per_class[c].f1, problem.at("f1")[c].get<double>(), kRounding) << names[c];
      EXPECT_EQ(metrics.per_class[c].support, problem.at("support")[c].get<std::int64_t>()) << names[c];
    }
    EXPECT_NEAR(metrics.macro.precision, problem.at("macro")[0].get<double>(), kRounding);
    EXPECT_NEAR(metrics.macro.recall, problem.at("macro")[1].get<double>(), kRounding);
    EXPECT_NEAR(metrics.macro.f1, problem.at("macro")[2].get<double>(), kRounding);
    EXPECT_NEAR(metrics.mean_nll, problem.at("mean_nll").get<double>(), kRounding);
    EXPECT_NEAR(metrics.ece, problem.at("ece").get<double>(), kRounding);
  }
}

}  // namespace
}  // namespace fovea
