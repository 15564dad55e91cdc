#include "label_png_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

LabelPngDataset::LabelPngDataset(std::vector<LabelPngPair> pairs, LabelValues values, std::vector<std::string> names)
    : pairs_(std::move(pairs)), values_(std::move(values)), names_(std::move(names)) {
  if (!pairs_.empty()) palette_ = read_label_png(pairs_.front().label).palette;
}

const LabelPngPair& LabelPngDataset::pair(std::int64_t index) const {
  require_index(index, size());
  return pairs_[static_cast<std::size_t>(index)];
}

cv::Mat LabelPngDataset::label_map(std::int64_t index) const {
  const std::filesystem::path& file = pair(index).label;
  return values_.to_indices(read_label_png(file).labels, map_type(), file.string());
}

SegmentationSample LabelPngDataset::get(std::int64_t index) const {
  const auto& [image, label, id] = pair(index);
  SegmentationSample sample{.labels = label_map(index), .id = id};
  if (image.empty()) return sample;
  sample.image = load_image(image);
  if (sample.image.size() != sample.labels.size())
    throw FileError(label.string(), fmt::format("has {}x{} pixels, but its picture {} has {}x{}", sample.labels.cols, sample.labels.rows,
                                                image.string(), sample.image.cols, sample.image.rows));
  return sample;
}

std::size_t count_classes(const std::vector<LabelPngPair>& pairs, const LabelValues& values, const Threads& threads) {
  std::vector<int> highest(pairs.size(), 0);
  parallel_blocks(threads, static_cast<std::int64_t>(pairs.size()), [&](std::int64_t i) {
    const cv::Mat labels = read_label_png(pairs[static_cast<std::size_t>(i)].label).labels;
    for (const std::int32_t value : values_in(labels))
      if (value != values.ignored_value(labels.type())) highest[static_cast<std::size_t>(i)] = value;  // they ascend
  });
  return highest.empty() ? 1 : static_cast<std::size_t>(*std::max_element(highest.begin(), highest.end())) + 1;
}

}  // namespace fovea
