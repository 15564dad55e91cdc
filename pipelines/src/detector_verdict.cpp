#include "detector_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "detection_pictures.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/version.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/pipelines/detection_page.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/vision/contact_sheet.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr double kConfidence = 0.25;   // of confusion and pictures
constexpr double kIouThreshold = 0.5;  // of curves and confusion
constexpr int kTileSide = 480;         // of a picture among others, pixels

/// Of one image of `items`, with boxes `factor` times as large.
template <class Item>
std::vector<Item> items_of(const std::vector<Item>& items, std::int64_t image, double factor) {
  std::vector<Item> here;
  for (const Item& item : items)
    if (item.image == image) {
      XywhBox& box = here.emplace_back(item).box;
      box = {factor * box.x, factor * box.y, factor * box.width, factor * box.height};
    }
  return here;
}

/// An image, brought to the sheet's size before anything is drawn, so that names can be read; its objects and what was found.
Tile comparison_of(const AnnotatedDataset& data, const DetectionResults& results, std::int64_t image) {
  const DetectionDataset& truth = data.data();
  cv::Mat picture = data.get(image).image;
  const double factor = static_cast<double>(kTileSide) / std::max(picture.cols, picture.rows);
  cv::resize(picture, picture, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
  if (picture.channels() == 1) cv::cvtColor(picture, picture, cv::COLOR_GRAY2BGR);
  const std::vector<DetectionAnnotation> objects = items_of(truth.annotations, image, factor);
  const std::vector<DetectionResult> found = items_of(results.results, image, factor);
  draw_comparison(picture, objects, found, truth.categories, kConfidence);
  const auto sure = std::count_if(found.begin(), found.end(), [](const DetectionResult& result) { return result.score >= kConfidence; });
  const std::string& name = truth.images[static_cast<std::size_t>(image)].file_name;
  return {.image = picture, .caption = fmt::format("{}: {} objects, {} found", name, objects.size(), sure)};
}

/// Some images, drawn by chance from the seed.
cv::Mat draw_found(const AnnotatedDataset& data, const DetectionResults& results, std::uint64_t seed) {
  constexpr std::int64_t kImages = 12;
  std::vector<std::int64_t> order = random_permutation(data.size(), RandomStream(seed));
  order.resize(static_cast<std::size_t>(std::min(kImages, data.size())));
  std::vector<Tile> tiles;
  for (const std::int64_t image : order) tiles.push_back(comparison_of(data, results, image));
  const std::string title = fmt::format("green: objects; red: found with confidence {} or more", kConfidence);
  return draw_contact_sheet({.columns = 3, .tile_side = kTileSide, .title = title}, tiles);
}

void save_pictures(const fs::path& folder, const AnnotatedDataset& data, const DetectionResults& results, std::uint64_t seed,
                   const Threads& threads) {
  const Chart chart = precision_recall_chart(evaluate_coco(data.data(), results, {}, threads), kIouThreshold);
  for (const char* name : {"precision_recall.png", "precision_recall.svg"}) save_charts(folder / name, std::span(&chart, 1));
  const DetectionConfusion confusion =
      detection_confusion(data.data(), results, {.iou_threshold = kIouThreshold, .confidence = kConfidence}, threads);
  const std::string title = fmt::format("objects at confidence {}, IoU {}", kConfidence, kIouThreshold);
  if (const cv::Mat matrix = draw_detection_confusion(title, confusion); !matrix.empty())
    save_image(folder / "confusion_matrix.png", matrix);
  save_image(folder / "found.png", draw_found(data, results, seed));
}

}  // namespace

std::string judge_best_weights(const TrainingRun& run, const DetectorSetup& setup, const fs::path& best) {
  const TrainedDetector detector = TrainedDetector::load(best);
  const DetectionTaskOptions& options = setup.options;
  const AnnotatedDataset& data = setup.validation;
  const Threads& threads = kernels::Context::current().threads();
  const DetectionResults results =
      run_detector(*detector.network, data, options.batches, options.post_processing, options.precision, options.stop).results;
  const std::string model = best.string();
  const Json numbers =
      evaluate_detector(data, results, {.split = setup.recipe.val_split, .model = model, .fovea_version = version()}, threads).json;
  save_pictures(run.out() / "plots", data, results, setup.recipe.training.seed, threads);
  const DetectionPageOptions page{.truth_source = setup.validation_source(),
                                  .detections_source = model,
                                  .image_root = {},
                                  .iou_threshold = kIouThreshold,
                                  .confidence = kConfidence};
  write_file(run.out() / "report.html", detection_page(data.data(), results, numbers, page, threads));
  write_json_file(run.out() / "validation.json", numbers);  // last: it says that the training is finished
  return to_text(numbers);
}

}  // namespace fovea
