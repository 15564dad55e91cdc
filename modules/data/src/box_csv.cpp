#include "fovea/data/box_csv.hpp"

#include <fmt/format.h>

#include "csv_table.hpp"
#include "detection_names.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

/// Where the parts of a box stand.
class BoxColumns {
 public:
  explicit BoxColumns(const CsvTable& table) : table_(table) {
    const auto x1 = table.find({"x1", "xmin"}), x = table.find({"x"});
    corners_ = x1 || !x;
    if (corners_)
      columns_ = {table.require({"x1", "xmin"}), table.require({"y1", "ymin"}), table.require({"x2", "xmax"}),
                  table.require({"y2", "ymax"})};
    else
      columns_ = {*x, table.require({"y"}), table.require({"width", "w"}), table.require({"height", "h"})};
    image_width_ = corners_ ? table.find({"image_width", "width"}) : table.find({"image_width"});
    image_height_ = corners_ ? table.find({"image_height", "height"}) : table.find({"image_height"});
  }

  bool is_empty(std::size_t row) const {
    for (const std::size_t column : columns_)
      if (!table_.text(row, column).empty()) return false;
    return true;
  }

  XywhBox box(std::size_t row) const {
    const double a = table_.number(row, columns_[0]), b = table_.number(row, columns_[1]);
    const double c = table_.number(row, columns_[2]), d = table_.number(row, columns_[3]);
    return corners_ ? XywhBox{a, b, c - a, d - b} : XywhBox{a, b, c, d};
  }

  /// 0 where the table does not say.
  std::int64_t image_width(std::size_t row) const { return extent(row, image_width_); }
  std::int64_t image_height(std::size_t row) const { return extent(row, image_height_); }

 private:
  std::int64_t extent(std::size_t row, std::optional<std::size_t> column) const {
    constexpr double kMost = 1e9;
    if (!column || table_.text(row, *column).empty()) return 0;
    const double value = table_.number(row, *column);
    if (!(value >= 0 && value <= kMost) || value != static_cast<double>(static_cast<std::int64_t>(value)))
      table_.fail(row, fmt::format("an image has a whole number of pixels on a side, found {}", value));
    return static_cast<std::int64_t>(value);
  }

  const CsvTable& table_;
  bool corners_;
  std::vector<std::size_t> columns_;
  std::optional<std::size_t> image_width_, image_height_;
};

std::size_t file_column(const CsvTable& table) { return table.require({"file", "file_name", "filename", "image", "path"}); }
std::size_t label_column(const CsvTable& table) { return table.require({"label", "class", "category", "name"}); }

/// Takes the rows of a ground truth into a data set.
class BoxRows {
 public:
  BoxRows(const CsvTable& table, DetectionDataset& dataset, const std::vector<std::string>& names)
      : table_(table), dataset_(dataset), boxes_(table), categories_(dataset, names) {}

  void read(std::size_t row) {
    const std::int32_t image = image_of(row);
    if (boxes_.is_empty(row) && table_.text(row, label_).empty()) return;
    const XywhBox box = boxes_.box(row);
    const bool has_area = area_ && !table_.text(row, *area_).empty();
    const auto fail = [&](const std::string& what) { table_.fail(row, what, FindingKind::unknown_class); };
    dataset_.annotations.push_back({.id = static_cast<std::int64_t>(dataset_.annotations.size()) + 1,
                                    .image = image,
                                    .category = categories_.index(table_.text(row, label_), fail),
                                    .box = box,
                                    .area = has_area ? table_.number(row, *area_) : box.area(),
                                    .is_crowd = table_.flag(row, crowd_),
                                    .is_difficult = table_.flag(row, difficult_),
                                    .is_truncated = table_.flag(row, truncated_)});
  }
  void finish() { categories_.finish(); }

 private:
  /// The image of a row, which is new at its first one.
  std::int32_t image_of(std::size_t row) {
    const std::string& name = table_.text(row, file_);
    if (name.empty()) table_.fail(row, "the name of the image is missing");
    const std::int64_t width = boxes_.image_width(row), height = boxes_.image_height(row);
    const auto [found, added] = images_.emplace(name, static_cast<std::int32_t>(dataset_.images.size()));
    if (added) dataset_.images.push_back({found->second + 1, name, width, height});
    const DetectionImage& image = dataset_.images[static_cast<std::size_t>(found->second)];
    if (image.width != width || image.height != height)
      table_.fail(row, fmt::format("{} was {}x{} pixels before and is {}x{} here", name, image.width, image.height, width, height),
                  FindingKind::size_mismatch);
    return found->second;
  }

  const CsvTable& table_;
  DetectionDataset& dataset_;
  BoxColumns boxes_;
  CategoryNames categories_;
  std::unordered_map<std::string, std::int32_t> images_;
  std::size_t file_ = file_column(table_), label_ = label_column(table_);
  std::optional<std::size_t> area_ = table_.find({"area"}), crowd_ = table_.find({"crowd", "iscrowd"});
  std::optional<std::size_t> difficult_ = table_.find({"difficult"}), truncated_ = table_.find({"truncated"});
};

}  // namespace

DetectionDataset read_box_csv(const std::filesystem::path& path, const std::vector<std::string>& names,
                              std::vector<DataFinding>* findings) {
  const CsvTable table(path);
  DetectionDataset dataset;
  dataset.convention = PixelConvention::unstated;
  BoxRows rows(table, dataset, names);
  for (std::size_t row = 0; row < table.size(); ++row) read_item(findings, [&] { rows.read(row); });
  rows.finish();
  return dataset;
}

DetectionResults read_box_csv_results(const std::filesystem::path& path, const DetectionDataset& truth,
                                      const std::vector<std::string>& names) {
  const CsvTable table(path);
  const BoxColumns boxes(table);
  const std::size_t file = file_column(table), label = label_column(table), score = table.require({"score", "confidence"});
  TruthNames known(truth, names);
  DetectionResults results;
  results.convention = PixelConvention::unstated;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::int32_t image = known.image(path, stem_of(table.text(row, file)));
    if (boxes.is_empty(row)) continue;
    const std::int32_t category = known.category(table.text(row, label));
    if (category >= 0) results.results.push_back({image, category, boxes.box(row), table.number(row, score), {}});
  }
  results.notes = known.notes();
  return results;
}

void write_box_csv(const std::filesystem::path& path, const DetectionDataset& dataset) {
  const auto by_image = annotations_by_image(dataset);
  std::string text = "file,image_width,image_height,label,x,y,width,height,area,crowd,difficult,truncated\n";
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const DetectionImage& image = dataset.images[i];
    const std::string begin = fmt::format("{},{},{},", csv_field(image.file_name), image.width, image.height);
    if (by_image[i].empty()) text += begin + ",,,,,,,,\n";
    for (const std::int32_t index : by_image[i]) {
      const DetectionAnnotation& object = dataset.annotations[static_cast<std::size_t>(index)];
      text += fmt::format("{}{},{},{},{},{},{},{:d},{:d},{:d}\n", begin,
                          csv_field(dataset.categories[static_cast<std::size_t>(object.category)].name), object.box.x, object.box.y,
                          object.box.width, object.box.height, object.area, object.is_crowd, object.is_difficult, object.is_truncated);
    }
  }
  write_file(path, text);
}

}  // namespace fovea
