#include "fovea/data/painted_dataset.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_size.hpp"

namespace fovea {

namespace {

void paint(cv::Mat& labels, const DetectionAnnotation& annotation, int label) {
  if (std::holds_alternative<std::monostate>(annotation.segmentation))
    throw OptionError(fmt::format("[paint_labels] annotation {} has a box only, expected a mask or an outline", annotation.id));
  labels.setTo(label, decode_mask(mask_of(annotation.segmentation, labels.rows, labels.cols)));
}

class PaintedDataset final : public SegmentationDataset {
 public:
  PaintedDataset(DetectionDataset data, std::string source, std::filesystem::path image_root, CrowdPixels crowds)
      : data_(std::move(data)),
        source_(std::move(source)),
        image_root_(std::move(image_root)),
        crowds_(crowds),
        annotations_(annotations_by_image(data_)) {
    labels_.emplace_back("background");
    for (const DetectionCategory& category : data_.categories) labels_.push_back(category.name);
    if (labels_.size() > kMostClassesOf16Bits)
      throw OptionError(fmt::format("{}: {} classes, expected at most {} in label maps", source_, labels_.size(), kMostClassesOf16Bits));
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(data_.images.size()); }
  const std::vector<std::string>& labels() const override { return labels_; }
  const Palette& palette() const override { return palette_; }
  std::string id(std::int64_t index) const override {
    return std::filesystem::path(image(index).file_name).replace_extension().generic_string();
  }

  SegmentationSample get(std::int64_t index) const override {
    const std::filesystem::path path = find_image(source_, image(index), image_root_);
    SegmentationSample sample{.image = load_image(path), .labels = label_map(index), .id = id(index)};
    if (sample.image.size() != sample.labels.size())
      throw FileError(path.string(), fmt::format("has {}x{} pixels, but its annotations are for {}x{}", sample.image.cols,
                                                 sample.image.rows, sample.labels.cols, sample.labels.rows));
    return sample;
  }

  cv::Mat label_map(std::int64_t index) const override {
    const DetectionImage& of = image(index);
    const cv::Size size = of.width > 0 && of.height > 0 ? cv::Size(static_cast<int>(of.width), static_cast<int>(of.height))
                                                        : image_size(find_image(source_, of, image_root_));
    return paint_labels(data_, annotations_[static_cast<std::size_t>(index)], size, map_type(), crowds_);
  }

  std::filesystem::path picture(std::int64_t index) const override { return find_picture(source_, image(index), image_root_); }

 private:
  const DetectionImage& image(std::int64_t index) const {
    require_index(index, size());
    return data_.images[static_cast<std::size_t>(index)];
  }

  DetectionDataset data_;
  std::string source_;
  std::filesystem::path image_root_;
  CrowdPixels crowds_;
  std::vector<std::vector<std::int32_t>> annotations_;
  std::vector<std::string> labels_;
  Palette palette_;
};

}  // namespace

cv::Mat paint_labels(const DetectionDataset& dataset, const std::vector<std::int32_t>& annotations, cv::Size size, int map_type,
                     CrowdPixels crowds) {
  cv::Mat labels = cv::Mat::zeros(size, map_type);
  const int ignored = ignored_label(map_type);
  const auto visit = [&](bool crowd, auto&& act) {
    for (const std::int32_t index : annotations) {
      const DetectionAnnotation& annotation = dataset.annotations[static_cast<std::size_t>(index)];
      if (annotation.is_crowd == crowd) act(annotation);
    }
  };
  if (crowds != CrowdPixels::background)
    visit(true,
          [&](const DetectionAnnotation& crowd) { paint(labels, crowd, crowds == CrowdPixels::ignored ? ignored : crowd.category + 1); });
  visit(false, [&](const DetectionAnnotation& object) { paint(labels, object, object.category + 1); });
  return labels;
}

SegmentationDatasetPtr painted_dataset(DetectionDataset dataset, std::string source, std::filesystem::path image_root, CrowdPixels crowds) {
  return std::make_shared<PaintedDataset>(std::move(dataset), std::move(source), std::move(image_root), crowds);
}

}  // namespace fovea
