// Panoptic segments as classes per pixel.
#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <unordered_map>

#include "fovea/base/error.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/panoptic.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

class PanopticLabels final : public SegmentationDataset {
 public:
  PanopticLabels(PanopticDataset data, std::string source, fs::path image_root)
      : data_(std::move(data)), source_(std::move(source)), image_root_(std::move(image_root)) {
    if (data_.categories.size() > kMostClassesOf16Bits)
      throw OptionError(
          fmt::format("{}: {} classes, expected at most {} in label maps", source_, data_.categories.size(), kMostClassesOf16Bits));
    for (const PanopticCategory& category : data_.categories) {
      labels_.push_back(category.name);
      if (category.color && palette_.size() + 1 == labels_.size()) palette_.push_back(*category.color);
    }
    if (palette_.size() != labels_.size() || map_type() != CV_8UC1) palette_.clear();
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(data_.images.size()); }
  const std::vector<std::string>& labels() const override { return labels_; }
  const Palette& palette() const override { return palette_; }
  std::string id(std::int64_t index) const override { return fs::path(at(index).image.file_name).replace_extension().generic_string(); }

  SegmentationSample get(std::int64_t index) const override {
    const fs::path path = find_image(source_, at(index).image, image_root_);
    SegmentationSample sample{.image = load_image(path), .labels = label_map(index), .id = id(index)};
    if (sample.image.size() != sample.labels.size())
      throw FileError(at(index).png.string(), fmt::format("has {}x{} pixels, but its picture {} has {}x{}", sample.labels.cols,
                                                          sample.labels.rows, path.string(), sample.image.cols, sample.image.rows));
    return sample;
  }

  cv::Mat label_map(std::int64_t index) const override {
    const PanopticImage& image = at(index);
    const cv::Mat ids = read_segment_ids(image);
    std::unordered_map<std::int32_t, int> classes = {{0, ignored()}};
    for (const PanopticSegment& segment : image.segments) classes.emplace(static_cast<std::int32_t>(segment.id), segment.category);
    cv::Mat labels(ids.size(), map_type());
    std::int32_t id = 0;
    int label = ignored();
    for (int y = 0; y < ids.rows; ++y)
      for (int x = 0; x < ids.cols; ++x) {
        if (ids.at<std::int32_t>(y, x) != id) label = classes.at(id = ids.at<std::int32_t>(y, x));
        if (labels.type() == CV_8UC1)
          labels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(label);
        else
          labels.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(label);
      }
    return labels;
  }

  fs::path picture(std::int64_t index) const override { return find_picture(source_, at(index).image, image_root_); }

 private:
  const PanopticImage& at(std::int64_t index) const {
    require_index(index, size());
    return data_.images[static_cast<std::size_t>(index)];
  }

  PanopticDataset data_;
  std::string source_;
  fs::path image_root_;
  std::vector<std::string> labels_;
  Palette palette_;
};

}  // namespace

SegmentationDatasetPtr panoptic_labels(PanopticDataset dataset, std::string source, fs::path image_root) {
  return std::make_shared<PanopticLabels>(std::move(dataset), std::move(source), std::move(image_root));
}

}  // namespace fovea
