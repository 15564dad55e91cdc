#include "fovea/superpixels/region_map.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <unordered_map>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

cv::Mat as_integers(const cv::Mat& labels, const char* operation) {
  const int type = labels.type();
  if (labels.dims != 2 || labels.empty() || (type != CV_8UC1 && type != CV_16UC1 && type != CV_32SC1))
    throw ShapeError(fmt::format("[{}] wants labels of one channel with 8-, 16- or 32-bit integers, found {}x{} of type {}", operation,
                                 labels.cols, labels.rows, cv::typeToString(type)));
  if (type == CV_32SC1) return labels;
  cv::Mat integers;
  labels.convertTo(integers, CV_32S);
  return integers;
}

}  // namespace

RegionMap relabel(const cv::Mat& labels) {
  const cv::Mat from = as_integers(labels, "relabel");
  RegionMap map{.labels = cv::Mat(from.size(), CV_32S), .count = 0};
  std::unordered_map<std::int32_t, std::int32_t> numbers;
  for (int y = 0; y < from.rows; ++y) {
    const auto* const row = from.ptr<std::int32_t>(y);
    auto* const out = map.labels.ptr<std::int32_t>(y);
    for (int x = 0; x < from.cols; ++x) {
      if (x > 0 && row[x] == row[x - 1]) {
        out[x] = out[x - 1];
        continue;
      }
      const auto [place, is_new] = numbers.try_emplace(row[x], map.count);
      if (is_new) ++map.count;
      out[x] = place->second;
    }
  }
  return map;
}

RegionMap connected_regions(const cv::Mat& labels, int neighbours) {
  if (neighbours != 4 && neighbours != 8)
    throw OptionError(fmt::format("[connected_regions] a pixel has 4 or 8 neighbours, found {}", neighbours));
  const cv::Mat from = as_integers(labels, "connected_regions");
  RegionMap map{.labels = cv::Mat(from.size(), CV_32S, cv::Scalar(-1)), .count = 0};
  std::vector<cv::Point> open;
  for (int y = 0; y < from.rows; ++y)
    for (int x = 0; x < from.cols; ++x) {
      if (map.labels.at<std::int32_t>(y, x) >= 0) continue;
      const std::int32_t label = from.at<std::int32_t>(y, x);
      map.labels.at<std::int32_t>(y, x) = map.count;
      open.assign(1, {x, y});
      while (!open.empty()) {
        const cv::Point at = open.back();
        open.pop_back();
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            const cv::Point next(at.x + dx, at.y + dy);
            if ((neighbours == 4 && dx != 0 && dy != 0) || !cv::Rect(0, 0, from.cols, from.rows).contains(next)) continue;
            if (from.at<std::int32_t>(next) != label || map.labels.at<std::int32_t>(next) >= 0) continue;
            map.labels.at<std::int32_t>(next) = map.count;
            open.push_back(next);
          }
      }
      ++map.count;
    }
  return map;
}

void check_region_map(const RegionMap& regions, const char* operation) {
  if (regions.labels.dims != 2 || regions.labels.empty() || regions.labels.type() != CV_32SC1)
    throw ShapeError(fmt::format("[{}] wants a map of regions with 32-bit labels, found {}x{} of type {}", operation, regions.labels.cols,
                                 regions.labels.rows, cv::typeToString(regions.labels.type())));
  for (int y = 0; y < regions.labels.rows; ++y) {
    const auto* const row = regions.labels.ptr<std::int32_t>(y);
    for (int x = 0; x < regions.labels.cols; ++x)
      if (row[x] < 0 || row[x] >= regions.count)
        throw ShapeError(
            fmt::format("[{}] wants labels from 0 to {}, found {} in row {}, column {}", operation, regions.count - 1, row[x], y, x));
  }
}

}  // namespace fovea
