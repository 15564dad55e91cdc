// Anchors that suit a data set.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

struct AnchorReportOptions {
  std::string data;                  ///< as open_detection_data has it
  std::string split = "train";       ///< of formats that have some
  std::filesystem::path image_root;  ///< where the pictures are, when not where the format says
  std::string image_size = "416";    ///< of the network's input: "N" or "WxH"
  Preprocessing::ResizeMode resize = Preprocessing::ResizeMode::letterbox;
  AnchorClusterOptions clusters = {};
};

struct AnchorReport {
  AnchorClusters clusters;
  std::int64_t images = 0, boxes = 0;
  std::vector<std::pair<std::string, std::int64_t>> classes;  ///< and how many boxes each has
  std::vector<std::string> notes;                             ///< of the data set, for the log
};

/// The sizes that the boxes of a data set have in a network's input. Crowds are left out. Sizes of pictures that the data set does not know
/// are zero: OptionError naming the first.
std::vector<AnchorSize> box_sizes(const DetectionDataset& data, const Preprocessing& input);

/// Throws OptionError and FileError.
AnchorReport find_anchors(const AnchorReportOptions& options);

/// {"anchors": [[width, height]], "mean_iou", "recall", "iterations", "count", "images", "classes": {name: boxes}, "image_size", "resize",
/// "data", "split", "seed", "fovea_version"}
Json to_json(const AnchorReport& report, const AnchorReportOptions& options);

}  // namespace fovea
