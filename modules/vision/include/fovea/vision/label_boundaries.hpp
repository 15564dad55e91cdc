// Where labels change.
#pragma once

#include <opencv2/core/mat.hpp>

namespace fovea {

/// CV_8U, 255 on boundary pixels, 0 elsewhere: a pixel is on a boundary when the one to its right, below it or to its lower right has
/// another label (the rule of the Berkeley benchmark's maps), so that lines are one pixel wide. `labels` is CV_32S; throws ShapeError
/// otherwise and when it is empty.
cv::Mat label_boundaries(const cv::Mat& labels);

}  // namespace fovea
