// A detector of the catalogue learns eight photographs by heart: what can be expressed, assigned, learned and decoded, all at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/detection/evaluate_detector.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/training/adamw.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

constexpr const char* kPhotographs = FOVEA_SHARED "/data/coco64";
constexpr std::size_t kImages = 8;
constexpr double kSmallestSide = 32;  // of an object, in pixels of the photograph: half as many in the network's input
constexpr int kSteps = 300;

/// The first photographs without crowds and without small objects, with the categories that are in them alone.
Json eight_images() {
  const Json all = read_json_file(std::string(kPhotographs) + "/annotations/instances.json");
  std::map<std::int64_t, std::vector<Json>> objects;
  for (const Json& annotation : all["annotations"]) objects[annotation["image_id"].get<std::int64_t>()].push_back(annotation);
  Json chosen{{"images", Json::array()}, {"annotations", Json::array()}, {"categories", Json::array()}};
  std::set<std::int64_t> categories;
  for (const Json& image : all["images"]) {
    const std::vector<Json>& of_image = objects[image["id"].get<std::int64_t>()];
    const bool suits = !of_image.empty() && std::all_of(of_image.begin(), of_image.end(), [](const Json& object) {
      return object["iscrowd"] == 0 && std::min(object["bbox"][2].get<double>(), object["bbox"][3].get<double>()) >= kSmallestSide;
    });
    if (!suits || chosen["images"].size() == kImages) continue;
    chosen["images"].push_back(image);
    for (const Json& object : of_image) {
      chosen["annotations"].push_back(object);
      categories.insert(object["category_id"].get<std::int64_t>());
    }
  }
  for (const Json& category : all["categories"])
    if (categories.contains(category["id"].get<std::int64_t>())) chosen["categories"].push_back(category);
  return chosen;
}

double ap50(OneStageDetector& detector, const AnnotatedDataset& data, const DetectionBatchOptions& options) {
  detector.eval();
  const DetectorEvaluation found = run_detector(detector, data, options);
  detector.train();
  return summarize(evaluate_coco(data.data(), found.results, {}, kernels::Context::current().threads())).AP50;
}

TEST(OverfitSlow, EightPhotographsAreLearnedByHeart) {
  if (!std::filesystem::exists(kPhotographs)) GTEST_SKIP() << "no " << kPhotographs;
  test::TemporaryFolder folder;
  write_file(folder / "eight.json", eight_images().dump());
  const AnnotatedDataset data("coco:" + (folder / "eight.json").string(), {.image_root = std::string(kPhotographs) + "/images"});
  ASSERT_EQ(data.size(), 8);
  const auto detector = build_detector(detector_architecture("center-tiny", std::ssize(data.names()), Json::object()), "architecture");
  initialize(*detector, 1);
  DetectionBatchOptions options{.batch = 8, .workers = 0};
  options.preprocessing = {.width = 320,
                           .height = 320,
                           .resize = Preprocessing::ResizeMode::letterbox,
                           .mean = {0.5, 0.5, 0.5},
                           .deviation = {0.25, 0.25, 0.25}};
  const DetectionBatch batch = load_detection_batches(data, {0, 1, 2, 3, 4, 5, 6, 7}, 0, options)->next();
  AdamW optimizer(detector->parameters(), {.weight_decay = 0});
  const auto start = std::chrono::steady_clock::now();
  double loss = 0;
  for (int step = 0; step < kSteps; ++step) {
    const Variable total = total_loss(detector->loss(Variable(batch.images), batch.targets));
    loss = total.item();
    backward(total);
    const double warmup = std::min(1.0, (step + 1) / 10.0), part = static_cast<double>(step) / kSteps;
    optimizer.step(0.004 * warmup * (1 + std::cos(std::numbers::pi * part)) / 2);
    optimizer.clear_grad();
    if (step % 50 == 49) std::cout << "step " << step + 1 << ", loss " << loss << '\n';
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double found = ap50(*detector, data, options);
  RecordProperty("AP50", std::to_string(found));
  std::cout << kSteps << " steps in " << seconds.count() << " s, loss " << loss << ", AP50 " << found << '\n';
  EXPECT_GE(found, 0.95);
}

}  // namespace
}  // namespace fovea
