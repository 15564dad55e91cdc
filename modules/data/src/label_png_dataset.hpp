// Pictures with label PNGs.
#pragma once

#include "fovea/data/segmentation_dataset.hpp"
#include "label_png_layout.hpp"
#include "label_values.hpp"

namespace fovea {

/// Label maps are read when they are asked for; `values` says what they hold. Throws FileError, from get and label_map, when a file cannot
/// be read, holds a value that is no class, or has another size than its picture.
class LabelPngDataset final : public SegmentationDataset {
 public:
  LabelPngDataset(std::vector<LabelPngPair> pairs, LabelValues values, std::vector<std::string> names);

  std::int64_t size() const override { return static_cast<std::int64_t>(pairs_.size()); }
  SegmentationSample get(std::int64_t index) const override;
  const std::vector<std::string>& labels() const override { return names_; }
  /// Of the first file.
  const Palette& palette() const override { return palette_; }
  std::string id(std::int64_t index) const override { return pair(index).id; }
  cv::Mat label_map(std::int64_t index) const override;
  std::filesystem::path picture(std::int64_t index) const override { return pair(index).image; }

 private:
  const LabelPngPair& pair(std::int64_t index) const;

  std::vector<LabelPngPair> pairs_;
  LabelValues values_;
  std::vector<std::string> names_;
  Palette palette_;
};

/// One more than the largest label in these files, ignored ones aside; at least 1. Reads all of them, in parallel.
std::size_t count_classes(const std::vector<LabelPngPair>& pairs, const LabelValues& values, const Threads& threads);

}  // namespace fovea
