#include <algorithm>
#include <opencv2/core.hpp>
#include <unordered_map>

#include "fovea/data/segmentation_conversion.hpp"
#include "property_difference.hpp"

namespace fovea {

namespace {

/// Compares pixels by the names of their classes.
class PixelComparison {
 public:
  PixelComparison(const SegmentationDataset& expected, const SegmentationDataset& found) : expected_(expected), found_(found) {}

  void compare(const cv::Mat& a, const cv::Mat& b, const std::string& where) {
    ++images_;
    pixels_ += a.total();
    std::int64_t different = 0;
    for (int y = 0; y < a.rows; ++y)
      for (int x = 0; x < a.cols; ++x) {
        const std::string &wanted = name_of(expected_, a, x, y), &other = name_of(found_, b, x, y);
        if (wanted == other) continue;
        if (different_ + different == 0) first_ = fmt::format("first in \"{}\" at ({}, {}): {}, found {}", where, x, y, wanted, other);
        ++different;
      }
    different_ += different;
    touched_ += different > 0 ? 1 : 0;
  }
  void append_to(std::vector<std::string>& lines) const {
    if (different_ > 0)
      lines.push_back(fmt::format("pixels: {} of {} in {} of {} images differ, {}", different_, pixels_, touched_, images_, first_));
  }

 private:
  static const std::string& name_of(const SegmentationDataset& dataset, const cv::Mat& labels, int x, int y) {
    static const std::string kIgnored = "ignored";
    const std::size_t label = labels.type() == CV_8UC1 ? labels.at<std::uint8_t>(y, x) : labels.at<std::uint16_t>(y, x);
    return label < dataset.labels().size() ? dataset.labels()[label] : kIgnored;
  }

  const SegmentationDataset &expected_, &found_;
  std::string first_;
  std::int64_t different_ = 0, images_ = 0, touched_ = 0;
  std::size_t pixels_ = 0;
};

}  // namespace

std::vector<std::string> segmentation_differences(const SegmentationDataset& expected, const SegmentationDataset& found) {
  std::unordered_map<std::string, std::int64_t> places;
  for (std::int64_t i = 0; i < found.size(); ++i) places.emplace(found.id(i), i);
  Property names("class"), missing("label map"), size("size"), palette("palette");
  for (const std::string& name : expected.labels())
    names.note(std::find(found.labels().begin(), found.labels().end(), name) != found.labels().end(), name, [] { return "missing"; });
  PixelComparison pixels(expected, found);
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    const auto place = places.find(expected.id(i));
    missing.note(place != places.end(), expected.id(i), [] { return "missing"; });
    if (place == places.end()) continue;
    const cv::Mat a = expected.label_map(i), b = found.label_map(place->second);
    size.compare(fmt::format("{}x{}", a.cols, a.rows), fmt::format("{}x{}", b.cols, b.rows), expected.id(i));
    if (a.size() == b.size()) pixels.compare(a, b, expected.id(i));
  }
  if (!expected.palette().empty())
    palette.note(expected.palette() == found.palette(), "all", [&] {
      return fmt::format("{} colours, found {}", expected.palette().size(), found.palette().empty() ? "none" : "others");
    });
  std::vector<std::string> lines;
  for (const Property* property : {&names, &missing, &size, &palette}) property->append_to(lines);
  pixels.append_to(lines);
  return lines;
}

}  // namespace fovea
