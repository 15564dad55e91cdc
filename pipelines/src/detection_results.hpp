// The forms in which the detections of an image are written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "fovea/detection/detections.hpp"

namespace fovea {

/// {"file": ..., "frame" (of a video's frame), "width": ..., "height": ..., "detections": [{"box": [x1, y1, x2, y2], "score", "index",
/// "label"}, ...]} and a newline. Numbers have the fewest digits that read back to the same float.
std::string to_json_line(const std::filesystem::path& file, std::optional<std::int64_t> frame, cv::Size size, const Detections& found);

/// YOLO's text: class, centre, width and height as parts of the image, then the score; one line each.
std::string to_yolo_text(cv::Size size, const Detections& found);

struct DetectionCounts {
  std::int64_t images = 0, failures = 0, detections = 0;
};

/// Reads a run's journal and replaces predictions.jsonl, predictions.csv, predictions.coco.json and failed.jsonl in `out`.
DetectionCounts write_detection_files(const std::filesystem::path& journal, const std::filesystem::path& out,
                                      const std::filesystem::path& base, const std::vector<std::string>& labels);

}  // namespace fovea
