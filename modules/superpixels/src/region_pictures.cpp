#include "fovea/superpixels/region_pictures.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/label_boundaries.hpp"

namespace fovea {

cv::Mat draw_boundaries(const cv::Mat& image, const RegionMap& regions, cv::Scalar colour) {
  if ((image.type() != CV_8UC3 && image.type() != CV_8UC1) || image.size() != regions.labels.size())
    throw ShapeError(fmt::format("[draw_boundaries] wants an 8-bit BGR or grey image of {}x{} pixels, found {}x{} of type {}",
                                 regions.labels.cols, regions.labels.rows, image.cols, image.rows, cv::typeToString(image.type())));
  cv::Mat picture;
  if (image.channels() == 1)
    cv::cvtColor(image, picture, cv::COLOR_GRAY2BGR);
  else
    picture = image.clone();
  picture.setTo(colour, label_boundaries(regions.labels));
  return picture;
}

}  // namespace fovea
