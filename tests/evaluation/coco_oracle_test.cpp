// Every number of the reference evaluator, to the last bit.
#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "support/npy.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

/// Equal bits: -0 is not 0.
void expect_same_bits(double found, double expected, const std::string& what) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(found), std::bit_cast<std::uint64_t>(expected))
      << what << ": " << found << ", expected " << expected;
}

CocoOptions options_of(const Json& result) {
  CocoOptions options;
  options.iou_type = result.at("iou_type") == "segm" ? IouType::segm : IouType::bbox;
  for (const auto& [key, value] : result.at("params").items()) {
    if (key == "maxDets") {
      options.max_detections.clear();
      for (const Json& count : value) options.max_detections.push_back(static_cast<std::int64_t>(count.get<double>()));
    } else if (key == "useCats") {
      options.use_categories = value.get<double>() != 0;
    } else {
      ADD_FAILURE() << "a parameter that this test does not know: " << key;
    }
  }
  return options;
}

/// The entries of the last number of detections and the first range of areas: what the oracle's arrays hold.
std::vector<double> first_area_last_limit(const std::vector<double>& values, const CocoOptions& options) {
  const std::size_t limits = options.max_detections.size(), stride = options.areas.size() * limits;
  std::vector<double> part;
  for (std::size_t i = limits - 1; i < values.size(); i += stride) part.push_back(values[i]);
  return part;
}

void expect_same_array(const std::vector<double>& found, const test::NpyArray& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.values.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) expect_same_bits(found[i], expected.values[i], what + " element " + std::to_string(i));
}

void expect_equal_to_reference(const std::filesystem::path& folder) {
  const DetectionDataset truth = read_coco_instances(folder / "ground_truth.json");
  const DetectionResults results = read_coco_results(folder / "detections.json", truth);
  const Json expected = read_json_file(folder / "expected.json");
  const Threads threads;
  ASSERT_FALSE(expected.at("results").empty());
  for (const Json& result : expected.at("results")) {
    SCOPED_TRACE(result.at("params").dump());
    const CocoEvaluation found = evaluate_coco(truth, results, options_of(result), threads);
    const CocoSummary s = summarize(found);
    const std::vector<double> stats = {s.AP,  s.AP50, s.AP75,  s.AP_small, s.AP_medium, s.AP_large,
                                       s.AR1, s.AR10, s.AR100, s.AR_small, s.AR_medium, s.AR_large};
    ASSERT_EQ(result.at("stats").size(), stats.size());
    for (std::size_t i = 0; i < stats.size(); ++i)
      expect_same_bits(stats[i], result.at("stats")[i].get<double>(), expected.at("stats_order")[i].get<std::string>());
    for (std::size_t k = 0; result.contains("ap_per_category") && k < found.categories.size(); ++k) {
      const std::string id = std::to_string(found.categories[k].id);
      if (!result.at("ap_per_category").contains(id)) continue;
      const double ap = found.average_precision({.category = k, .max_detections = found.options.max_detections.back()});
      expect_same_bits(ap, result.at("ap_per_category").at(id).get<double>(), "AP of category " + id);
    }
    expect_same_array(first_area_last_limit(found.precision, found.options), test::read_npy(folder / result.at("precision")), "precision");
    expect_same_array(first_area_last_limit(found.recall, found.options), test::read_npy(folder / result.at("recall")), "recall");
  }
}

class CocoOracle : public testing::TestWithParam<const char*> {};

TEST_P(CocoOracle, GivesTheSameBits) {
  const std::filesystem::path committed = std::filesystem::path(COCO_GOLDENS) / GetParam();
  if (std::filesystem::exists(committed)) return expect_equal_to_reference(committed);
  const std::filesystem::path name = std::filesystem::path("oracles/coco") / GetParam();
  FOVEA_NEEDS_SHARED(name);
  expect_equal_to_reference(test::shared_path(name));
}

INSTANTIATE_TEST_SUITE_P(All, CocoOracle, testing::Values("edges", "more_than_100", "voc100", "coco_boxes", "coco_masks"),
                         [](const auto& oracle) { return std::string(oracle.param); });

}  // namespace
}  // namespace fovea
