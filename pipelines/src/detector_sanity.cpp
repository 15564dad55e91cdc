#include "detector_sanity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/vision/annotation_picture.hpp"
#include "fovea/vision/contact_sheet.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace {

/// Whether a box has an area, and lies in its image but for a pixel: formats count from 0 and from 1.
bool is_sound(const DetectionAnnotation& object, const DetectionImage& image) {
  const XywhBox& box = object.box;
  if (!(box.width > 0 && box.height > 0)) return false;
  if (image.width == 0 || image.height == 0) return true;  // the file does not say
  return box.x >= -1 && box.y >= -1 && box.x + box.width <= static_cast<double>(image.width) + 1 &&
         box.y + box.height <= static_cast<double>(image.height) + 1;
}

}  // namespace

SanityCheck check_objects(const DetectorSetup& setup) {
  const DetectionDataset& data = setup.train.data();
  std::vector<std::int64_t> counts(data.categories.size());
  std::int64_t unsound = 0;
  for (const DetectionAnnotation& object : data.annotations) {
    if (!is_sound(object, data.images[static_cast<std::size_t>(object.image)])) ++unsound;
    if (!object.is_crowd) ++counts[static_cast<std::size_t>(object.category)];
  }
  std::vector<std::string> parts, missing;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    parts.push_back(fmt::format("{} {}", data.categories[k].name, counts[k]));
    if (counts[k] == 0) missing.push_back(data.categories[k].name);
  }
  SanityCheck check{.name = "labels",
                    .passed = missing.empty() && unsound == 0 && !counts.empty(),
                    .statement = fmt::format("training objects: {}", fmt::join(parts, ", ")),
                    .values = {}};
  if (!missing.empty()) check.statement += fmt::format("; without any: {}", fmt::join(missing, ", "));
  if (unsound > 0) check.statement += fmt::format("; {} boxes are empty or not in their image", unsound);
  check.values = {{"classes", static_cast<double>(counts.size())},
                  {"objects", static_cast<double>(data.annotations.size())},
                  {"missing_classes", static_cast<double>(missing.size())},
                  {"unsound_boxes", static_cast<double>(unsound)}};
  return check;
}

SanityCheck check_first_detection_loss(double loss) {
  return {.name = "initial_loss",
          .passed = std::isfinite(loss) && loss > 0,
          .statement = fmt::format("{:.4f} (wanted: finite, above 0)", loss),
          .values = {{"loss", loss}}};
}

SanityCheck check_initial_terms(DetectorSetup& setup, const DetectionBatch& batch) {
  const NoGradGuard no_grad;
  OneStageDetector& detector = *setup.detector.network;
  const std::vector<Variable> predictions = detector.forward(cast(Variable(batch.images), setup.options.precision));
  const std::vector<DetectionTargets> nothing(batch.targets.size());
  const double without = total_loss(detector.head().loss(predictions, nothing)).item();
  SanityCheck check{.name = "initial_loss", .passed = true, .statement = {}, .values = {}};
  std::vector<std::string> parts;
  double sum = 0;
  for (const auto& [name, term] : detector.head().loss(predictions, batch.targets)) {
    const double value = term.item();
    sum += value;
    check.passed = check.passed && std::isfinite(value) && value >= 0;
    parts.push_back(fmt::format("{} {:.4f}", name, value));
    check.values.emplace_back(name + "_loss", value);
  }
  check.passed = check.passed && sum > 0 && sum != without;
  check.statement = fmt::format("{:.4f} ({}); were there no objects, {:.4f}", sum, fmt::join(parts, ", "), without);
  check.values.insert(check.values.end(), {{"loss", sum}, {"loss_without_objects", without}});
  return check;
}

std::vector<DetectionBatch> first_batches(const DetectorSetup& setup, std::int64_t count) {
  DetectionBatchOptions options = setup.options.batches;
  options.workers = 0;
  const auto loader = load_detection_batches(setup.train, epoch_order(setup.train.size(), options.seed, 0), 0, options);
  std::vector<DetectionBatch> batches;
  for (std::int64_t i = 0; i < std::min(count, loader->batches()); ++i) batches.push_back(loader->next());
  return batches;
}

DetectionBatch small_batch(const DetectorSetup& setup) {
  constexpr std::int64_t kImages = 4;
  DetectionBatchOptions options = setup.options.batches;
  options.augmentation = nullptr;
  options.mosaic = 0;
  options.multi_scale = {};
  options.batch = kImages;
  options.workers = 0;
  const std::vector<std::vector<std::int32_t>> objects = annotations_by_image(setup.train.data());
  std::vector<std::int64_t> order = epoch_order(setup.train.size(), options.seed, 0);
  std::stable_partition(order.begin(), order.end(), [&](std::int64_t index) { return !objects[static_cast<std::size_t>(index)].empty(); });
  order.resize(std::min(order.size(), static_cast<std::size_t>(kImages)));
  return load_detection_batches(setup.train, std::move(order), 0, options)->next();
}

void save_batch_picture(const std::filesystem::path& file, const DetectionBatch& batch, const DetectorSetup& setup) {
  constexpr std::int64_t kMostTiles = 16;
  Preprocessing preprocessing = setup.detector.preprocessing;
  preprocessing.height = static_cast<int>(batch.images.extent(1));  // a batch may have a size of its own
  preprocessing.width = static_cast<int>(batch.images.extent(2));
  std::vector<Tile> tiles;
  for (std::int64_t i = 0; i < std::min(batch.images.extent(0), kMostTiles); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const DetectionTargets& targets = batch.targets[place];
    AnnotatedImage sample{.image = preprocessing.to_image(batch.images, i)};
    for (std::size_t k = 0; k < targets.boxes.size(); ++k) sample.objects.push_back({.box = targets.boxes[k], .label = targets.labels[k]});
    const DetectionImage& image = setup.train.data().images[static_cast<std::size_t>(batch.indices[place])];
    tiles.push_back({.image = draw_annotations(sample, setup.detector.labels), .caption = image.file_name});
  }
  save_image(file,
             draw_contact_sheet({.columns = 4, .tile_side = 300, .title = "the first training batch, as the network gets it"}, tiles));
}

}  // namespace fovea
