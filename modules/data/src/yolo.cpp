#include "fovea/data/yolo.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/image_size.hpp"
#include "text_fields.hpp"
#include "yolo_layout.hpp"

namespace fovea {

namespace {

constexpr double kSlack = 0.01;  // beyond the image: rounding and careless tools; more is not relative to the image's size

/// What one file says, and where.
class YoloLine {
 public:
  /// `bounded`: coordinates beyond the image are errors.
  YoloLine(const std::filesystem::path& path, std::size_t number, const std::vector<std::string_view>& fields, bool bounded)
      : path_(path), number_(number) {
    const auto index = index_of(fields.front());
    if (!index) fail(fmt::format("\"{}\" is no class number", shown(fields.front())));
    category_ = *index;
    for (std::size_t i = 1; i < fields.size(); ++i) {
      const auto value = number_of(fields[i]);
      if (!value) fail(fmt::format("\"{}\" is no finite number", shown(fields[i])));
      if (bounded && (*value < -kSlack || *value > 1 + kSlack))
        fail(fmt::format("expected coordinates relative to the image, in [0, 1], found {}", *value));
      numbers_.push_back(*value);
    }
    if (numbers_.size() != kBox && (numbers_.size() < kLeastOutline || numbers_.size() % 2 != 0))
      fail(fmt::format("expected a class and 4 numbers, or 3 or more points, found {} numbers", numbers_.size()));
  }

  std::int32_t category(std::size_t classes) const {
    if (category_ >= static_cast<std::int64_t>(classes))
      fail(fmt::format("there is no class {}: the last is {}", category_, classes - 1), FindingKind::unknown_class);
    return static_cast<std::int32_t>(category_);
  }

  /// The object in an image of this size.
  DetectionAnnotation object(double width, double height) const {
    DetectionAnnotation object;
    if (numbers_.size() == kBox) {
      object.box = {(numbers_[0] - numbers_[2] / 2) * width, (numbers_[1] - numbers_[3] / 2) * height, numbers_[2] * width,
                    numbers_[3] * height};
    } else {
      std::vector<double> xy = numbers_;
      double x1 = xy[0] * width, y1 = xy[1] * height, x2 = x1, y2 = y1;
      for (std::size_t i = 0; i < xy.size(); i += 2) {
        xy[i] *= width;
        xy[i + 1] *= height;
        x1 = std::min(x1, xy[i]), x2 = std::max(x2, xy[i]);
        y1 = std::min(y1, xy[i + 1]), y2 = std::max(y2, xy[i + 1]);
      }
      object.box = {x1, y1, x2 - x1, y2 - y1};
      object.segmentation = Polygons{std::move(xy)};
    }
    object.area = object.box.area();
    return object;
  }

 private:
  static constexpr std::size_t kBox = 4, kLeastOutline = 6;

  [[noreturn]] void fail(const std::string& message, FindingKind kind = FindingKind::malformed) const {
    throw ItemError(kind, path_.string(), fmt::format("line {}: {}", number_, message));
  }

  const std::filesystem::path& path_;
  std::size_t number_;
  std::int64_t category_ = 0;
  std::vector<double> numbers_;
};

/// File names and sizes, from the images or from options.sizes.
class ImageFacts {
 public:
  explicit ImageFacts(const DetectionDataset* sizes) : sizes_(sizes) {
    if (sizes_ != nullptr) places_ = index_by(sizes_->images, &DetectionImage::file_name);
  }
  /// Adds the image. Where findings are collected, one that cannot be read has no size, and false is returned: whoever looks at the files
  /// says why.
  bool read(const std::filesystem::path& path, const std::vector<DataFinding>* findings, DetectionDataset& dataset) const {
    if (const auto place = places_.find(path.string()); place != places_.end()) {
      dataset.images.push_back(sizes_->images[static_cast<std::size_t>(place->second)]);
      return true;
    }
    if (sizes_ == nullptr) dataset.image_files.push_back(path);
    dataset.images.push_back({0, path.filename().string(), 0, 0});
    try {
      const cv::Size size = image_size(path);
      dataset.images.back().width = size.width;
      dataset.images.back().height = size.height;
      return true;
    } catch (const FileError&) {
      if (findings == nullptr) throw;
      return false;
    }
  }

 private:
  const DetectionDataset* sizes_;
  std::unordered_map<std::string, std::int32_t> places_;
};

}  // namespace

DetectionDataset read_yolo(const std::filesystem::path& source, const YoloOptions& options) {
  const YoloLayout layout = find_yolo_layout(source, options);
  if (layout.pairs.empty()) throw FileError(source.string(), fmt::format("holds no images in split \"{}\"", layout.split));
  DetectionDataset dataset;
  dataset.split = layout.split;
  for (const std::string& name : layout.names)
    dataset.categories.push_back({static_cast<std::int64_t>(dataset.categories.size()), name, ""});
  const ImageFacts facts(options.sizes);
  std::size_t missing = 0, empty = 0;
  for (const auto& [image, label] : layout.pairs) {
    const auto index = static_cast<std::int32_t>(dataset.images.size());
    const bool is_known = facts.read(image, options.findings, dataset);
    dataset.images.back().id = index + 1;
    const DetectionImage size = dataset.images.back();
    if (!is_known) continue;
    if (!std::filesystem::exists(label)) {
      ++missing;
      continue;
    }
    const std::size_t before = dataset.annotations.size();
    const std::string text = read_text_file(label);
    const auto read_line = [&](std::size_t number, const std::vector<std::string_view>& fields) {
      const YoloLine parsed(label, number, fields, options.findings == nullptr);
      const std::int32_t category = parsed.category(layout.names.size());
      DetectionAnnotation object = parsed.object(static_cast<double>(size.width), static_cast<double>(size.height));
      object.id = static_cast<std::int64_t>(dataset.annotations.size()) + 1;
      object.image = index;
      object.category = category;
      dataset.annotations.push_back(std::move(object));
    };
    visit_lines(text, [&](std::size_t number, std::string_view line) {
      if (const auto fields = fields_of(line); !fields.empty()) read_item(options.findings, [&] { read_line(number, fields); });
    });
    empty += dataset.annotations.size() == before ? 1 : 0;
  }
  if (missing > 0) dataset.notes.push_back(fmt::format("{} of {} images have no label file: background", missing, layout.pairs.size()));
  if (empty > 0) dataset.notes.push_back(fmt::format("{} of {} label files are empty: background", empty, layout.pairs.size()));
  return dataset;
}

}  // namespace fovea
