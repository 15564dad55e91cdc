// What the shipped recipe makes of blood cells: the data of ../shared, whose test split nothing is chosen on.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/detection/evaluate_detector.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"
#include "fovea/pipelines/train_detector.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

constexpr const char *kCells = FOVEA_SHARED "/data/bccd", *kRecipe = FOVEA_RECIPES "/bccd_center_tiny.json";

/// AP50 by VOC 2012's protocol on the test split.
double test_ap50(const std::filesystem::path& weights) {
  const TrainedDetector detector = TrainedDetector::load(weights);
  const AnnotatedDataset test(std::string("voc:") + kCells, {.split = "test", .names = detector.labels, .image_root = {}});
  EXPECT_EQ(test.size(), 72);
  const DetectorEvaluation found = run_detector(*detector.network, test, {.preprocessing = detector.preprocessing});
  return evaluate_voc(test.data(), found.results).mean_AP;
}

TEST(CellsSlow, MedianOfThreeSeedsIsAbove085) {
  if (!std::filesystem::exists(kCells)) GTEST_SKIP() << "no " << kCells;
  test::TemporaryFolder folder;
  std::vector<double> values;
  for (const std::uint64_t seed : {1, 2, 3}) {
    DetectorRecipe recipe = DetectorRecipe::from_json(read_json_file(kRecipe), kRecipe);
    recipe.training.data = std::string("voc:") + kCells;
    recipe.training.seed = seed;
    const std::filesystem::path out = folder / std::to_string(seed);
    const TrainResult result = train_detector(recipe, {.out = out});
    EXPECT_LT(result.summary.seconds, 40 * 60);
    values.push_back(test_ap50(out / "weights" / "last.fovea"));
    RecordProperty("AP50_seed_" + std::to_string(seed), std::to_string(values.back()));
  }
  std::sort(values.begin(), values.end());
  EXPECT_GE(values[1], 0.85) << values[0] << ' ' << values[2];
}

}  // namespace
}  // namespace fovea
