#include "detector_flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "fovea/base/error.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea::cli {

void DetectorFlags::add_to(CLI::App& command, const char* usual_confidence) {
  add_all_but_classes(command, usual_confidence);
  command.add_option("--classes", classes, "of detectors: names of those that are wanted (all)")->delimiter(',');
}

void DetectorFlags::add_all_but_classes(CLI::App& command, const char* usual_confidence) {
  command.add_option("--conf", confidence, fmt::format("of detectors: least score of a box ({})", usual_confidence))
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--iou", iou, "of detectors: boxes of a class that overlap a better one by more are left out (0.45)")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--max-boxes", max_boxes, "of detectors: boxes of an image, the best ones (300)")->check(CLI::PositiveNumber);
  command.add_option("--tile", tile, "of detectors: search larger images in tiles of N or WxH pixels (whole)");
  command.add_option("--tile-overlap", tile_overlap, "of detectors: part of a tile that the next one covers, too (0.2)")
      ->check(CLI::Range(0.0, 0.9));
  command.add_option("--engine", engine, "of detectors: fovea, or opencv-dnn, which also runs other frameworks' files")
      ->capture_default_str();
}

void DetectorFlags::require_none() const {
  const auto refuse = [](bool given, const char* flag) {
    if (given) throw OptionError(fmt::format("{} applies to detectors, but the model is none", flag));
  };
  refuse(confidence.has_value(), "--conf");
  refuse(iou.has_value(), "--iou");
  refuse(max_boxes.has_value(), "--max-boxes");
  refuse(!classes.empty(), "--classes");
  refuse(!tile.empty(), "--tile");
  refuse(tile_overlap.has_value(), "--tile-overlap");
  refuse(engine != "fovea", "--engine");
}

DetectionOptions DetectorFlags::options(double usual_confidence) const {
  DetectionOptions options{.confidence = confidence.value_or(usual_confidence), .classes = classes};
  if (iou) options.suppression.threshold = *iou;
  if (max_boxes) options.suppression.max_boxes = *max_boxes;
  if (tile_overlap && tile.empty()) throw OptionError("--tile-overlap wants --tile");
  if (!tile.empty()) {
    const ImageSize size = parse_image_size(tile);
    options.tiles.size = {size.width, size.height};
  }
  if (tile_overlap) options.tiles.overlap = *tile_overlap;
  return options;
}

DetectionPipeline DetectorFlags::load(const std::string& model, const SharedOptions& shared, double usual_confidence) const {
  DetectionPipeline pipeline =
      DetectionPipeline::load(model, {.engine = engine, .device = shared.device, .precision = shared.activation_type()});
  pipeline.set_options(options(usual_confidence));
  return pipeline;
}

bool is_detector(const std::string& model) {
  const auto extension = std::filesystem::path(model).extension();
  if (extension == ".json" || extension == ".onnx" || extension == ".cfg") return true;
  try {
    return load_model_metadata(model).task == "detect";
  } catch (const FileError&) {
    return false;
  }
}

const std::string& only_detector(const std::vector<std::string>& models, const std::vector<std::string>& views) {
  if (models.size() > 1) throw OptionError(fmt::format("{} models are given, but detectors run one at a time", models.size()));
  if (!views.empty()) throw OptionError("--tta applies to classifiers, but the model is a detector");
  return models.front();
}

}  // namespace fovea::cli
