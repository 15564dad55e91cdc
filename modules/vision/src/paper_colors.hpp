// What charts and sheets of pictures are drawn on.
#pragma once

#include <opencv2/core/types.hpp>

namespace fovea {

inline const cv::Scalar kPaper(255, 255, 255), kGrid(225, 225, 225), kAxis(90, 90, 90);

}  // namespace fovea
