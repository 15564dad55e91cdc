// What every drawing function does with a picture it is given.
#pragma once

#include <opencv2/core/mat.hpp>

namespace fovea {

/// `image` as 8-bit BGR. Throws ShapeError naming `operation` when it is empty or not 8-bit BGR or grey.
cv::Mat picture_input(const cv::Mat& image, const char* operation);

}  // namespace fovea
