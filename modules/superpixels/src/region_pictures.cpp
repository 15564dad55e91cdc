#include "fovea/superpixels/region_pictures.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

cv::Mat region_boundaries(const RegionMap& regions) {
  check_region_map(regions, "region_boundaries");
  const cv::Mat& labels = regions.labels;
  cv::Mat boundaries = cv::Mat::zeros(labels.size(), CV_8U);
  for (int y = 0; y < labels.rows; ++y) {
    const auto* const row = labels.ptr<std::int32_t>(y);
    const auto* const below = labels.ptr<std::int32_t>(std::min(y + 1, labels.rows - 1));
    auto* const out = boundaries.ptr(y);
    for (int x = 0; x < labels.cols; ++x) {
      const int right = std::min(x + 1, labels.cols - 1);
      if (row[x] != row[right] || row[x] != below[x] || row[x] != below[right]) out[x] = 255;
    }
  }
  return boundaries;
}

cv::Mat draw_boundaries(const cv::Mat& image, const RegionMap& regions, cv::Scalar colour) {
  if ((image.type() != CV_8UC3 && image.type() != CV_8UC1) || image.size() != regions.labels.size())
    throw ShapeError(fmt::format("[draw_boundaries] wants an 8-bit BGR or grey image of {}x{} pixels, found {}x{} of type {}",
                                 regions.labels.cols, regions.labels.rows, image.cols, image.rows, cv::typeToString(image.type())));
  cv::Mat picture;
  if (image.channels() == 1)
    cv::cvtColor(image, picture, cv::COLOR_GRAY2BGR);
  else
    picture = image.clone();
  picture.setTo(colour, region_boundaries(regions));
  return picture;
}

}  // namespace fovea
