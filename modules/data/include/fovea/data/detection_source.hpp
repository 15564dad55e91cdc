// From "coco:FILE", "voc:DIR", ... to boxes in memory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

struct DetectionDataOptions {
  std::string split;                             ///< of formats that have some; "": test, else val, else all
  std::vector<std::string> names;                ///< of the classes, for formats that hold numbers
  std::filesystem::path image_root;              ///< where images are, when not where the format says
  std::vector<DataFinding>* findings = nullptr;  ///< of ground truth: where errors of single items are listed, which are then left out
};

/// Ground truth: coco:FILE.json, voc:DIR, yolo:DIR or yolo:data.yaml, masks:DIR, csv:FILE, boxtxt-xyxy:DIR, boxtxt-xywh:DIR. Throws
/// OptionError and FileError.
DetectionDataset open_detection_data(const std::string& source, const DetectionDataOptions& options = {});

/// What DetectionDataOptions::split may be for this source: "train", "val", "test" as far as it has them, else "all". Throws as above.
std::vector<std::string> detection_splits(const std::string& source);

/// Results for that ground truth: results:FILE.json, coco:FILE.json (instances with scores: images and classes are found by name), csv:FILE,
/// boxtxt-xyxy:DIR, boxtxt-xywh:DIR. A file without a scheme is of that one of the first two that its content has. Throws OptionError and
/// FileError.
DetectionResults open_detection_results(const std::string& source, const DetectionDataset& truth, const DetectionDataOptions& options = {});

}  // namespace fovea
