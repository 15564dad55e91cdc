// The page of `fovea evaluate-detections --report`: numbers of a detector, with what is behind them.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

struct DetectionPageOptions {
  std::string truth_source, detections_source;  ///< as they were given
  std::filesystem::path image_root;             ///< where images are, when not where the format says
  IouType iou_type = IouType::bbox;
  double iou_threshold = 0.5;  ///< of curves, confusion and errors
  double confidence = 0.25;    ///< of the confusion and the pictures
  std::int64_t pictures = 12;  ///< of the images with the most errors
};

/// One HTML file. `numbers` is the content of the JSON file: the protocol's numbers, classes, and what else was asked for (ties, bootstrap,
/// ...). To it come curves of precision and recall with their envelopes (VOC's matching, all points), precision, recall and F1 over
/// confidence, the confusion matrix with a background, kinds of errors (TIDE), and the images with the most errors, boxes drawn in, when
/// their files are found; otherwise the page says so.
std::string detection_page(const DetectionDataset& truth, const DetectionResults& results, const Json& numbers,
                           const DetectionPageOptions& options, const Threads& threads);

}  // namespace fovea
