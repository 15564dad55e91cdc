#include "fovea/superpixels/region_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

void check(const RegionMap& regions, const cv::Mat& image, const char* operation) {
  check_region_map(regions, operation);
  if (image.size() != regions.labels.size() || image.depth() == CV_16F)
    throw ShapeError(fmt::format("[{}] regions of {}x{} pixels want an image of that size, found {}x{} of type {}", operation,
                                 regions.labels.cols, regions.labels.rows, image.cols, image.rows, cv::typeToString(image.type())));
}

/// Sides of the pixel that border on another region or on the outside.
int open_sides(const cv::Mat& labels, int y, int x) {
  const std::int32_t label = labels.at<std::int32_t>(y, x);
  const auto differs = [&](int row, int column) {
    return row < 0 || column < 0 || row >= labels.rows || column >= labels.cols || labels.at<std::int32_t>(row, column) != label;
  };
  return differs(y - 1, x) + differs(y + 1, x) + differs(y, x - 1) + differs(y, x + 1);
}

}  // namespace

std::vector<RegionStatistics> region_statistics(const RegionMap& regions, const cv::Mat& image) {
  check(regions, image, "region_statistics");
  const auto channels = static_cast<std::size_t>(image.channels());
  const auto width = static_cast<float>(image.cols), height = static_cast<float>(image.rows);
  std::vector<RegionStatistics> statistics(static_cast<std::size_t>(regions.count));
  for (RegionStatistics& region : statistics) region = {.box = {width, height, 0, 0}, .mean = std::vector<double>(channels)};
  cv::Mat values;
  for (int y = 0; y < image.rows; ++y) {
    image.row(y).convertTo(values, CV_64F);
    const auto* const row = values.ptr<double>();
    const auto* const labels = regions.labels.ptr<std::int32_t>(y);
    for (int x = 0; x < image.cols; ++x) {
      RegionStatistics& region = statistics[static_cast<std::size_t>(labels[x])];
      const auto left = static_cast<float>(x), top = static_cast<float>(y);
      ++region.area;
      region.perimeter += open_sides(regions.labels, y, x);
      region.box = {std::min(region.box.x1, left), std::min(region.box.y1, top), std::max(region.box.x2, left + 1),
                    std::max(region.box.y2, top + 1)};
      region.centroid += cv::Point2d(x + 0.5, y + 0.5);
      for (std::size_t c = 0; c < channels; ++c) region.mean[c] += row[static_cast<std::size_t>(x) * channels + c];
    }
  }
  for (RegionStatistics& region : statistics) {
    if (region.area == 0) {  // a number that no pixel has
      region.box = {};
      continue;
    }
    const auto area = static_cast<double>(region.area);
    region.centroid /= area;
    for (double& mean : region.mean) mean /= area;
  }
  return statistics;
}

cv::Mat mean_colours(const RegionMap& regions, const cv::Mat& image) {
  check(regions, image, "mean_colours");
  const std::vector<RegionStatistics> statistics = region_statistics(regions, image);
  const int channels = image.channels();
  cv::Mat table(1, std::max(regions.count, 1), CV_64FC(channels));  // the means, in the image's type from here on
  for (std::size_t r = 0; r < statistics.size(); ++r)
    std::copy(statistics[r].mean.begin(), statistics[r].mean.end(), table.ptr<double>() + r * static_cast<std::size_t>(channels));
  table.convertTo(table, image.depth());
  cv::Mat picture(image.size(), image.type());
  const std::size_t pixel = image.elemSize();
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      std::copy_n(table.data + static_cast<std::size_t>(regions.labels.at<std::int32_t>(y, x)) * pixel, pixel,
                  picture.ptr(y) + static_cast<std::size_t>(x) * pixel);
  return picture;
}

}  // namespace fovea
