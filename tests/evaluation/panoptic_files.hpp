// Panoptic ground truth and results on disk.
#pragma once

#include <string>
#include <vector>

#include "fovea/data/panoptic.hpp"
#include "fovea/evaluation/panoptic_quality.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

class PanopticFiles {
 public:
  /// A class for each entry, called "0", "1", ...: whether it is a thing.
  explicit PanopticFiles(const std::vector<bool>& things) {
    for (const bool is_thing : things) {
      PanopticCategory category;
      category.id = static_cast<std::int64_t>(10 * truth_.categories.size()) + 7;
      category.name = std::to_string(truth_.categories.size());
      category.is_thing = is_thing;
      truth_.categories.push_back(category);
    }
    found_.categories = truth_.categories;
  }

  void add(const cv::Mat& truth, const std::vector<PanopticSegment>& truth_segments, const cv::Mat& found,
           const std::vector<PanopticSegment>& found_segments) {
    const auto number = static_cast<std::int64_t>(truth_.images.size());
    const DetectionImage image{number + 1, std::to_string(number) + ".jpg", truth.cols, truth.rows};
    truth_.images.push_back({image, {}, truth_segments});
    found_.images.push_back({image, {}, found_segments});
    truth_ids_.push_back(truth);
    found_ids_.push_back(found);
  }

  PanopticEvaluation evaluate(int threads) const {
    write_panoptic(folder_ / "gt.json", truth_, [&](std::size_t i) { return truth_ids_[i]; });
    write_panoptic(folder_ / "dt.json", found_, [&](std::size_t i) { return found_ids_[i]; });
    return evaluate_panoptic(read_panoptic(folder_ / "gt.json"), read_panoptic(folder_ / "dt.json"), Threads(threads));
  }

 private:
  TemporaryFolder folder_;
  PanopticDataset truth_, found_;
  std::vector<cv::Mat> truth_ids_, found_ids_;
};

}  // namespace fovea::test
