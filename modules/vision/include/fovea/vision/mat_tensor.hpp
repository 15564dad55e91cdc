// Between OpenCV's images and tensors: the same order of values, so each is one copy.
#pragma once

#include <opencv2/core/mat.hpp>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// A copy as [height, width, channels] of type u8, i32, f32 or f64. Throws ShapeError for other depths and for more than two dimensions.
Tensor to_tensor(const cv::Mat& image);

/// A copy of a tensor [height, width, channels] or [height, width] of type u8, i32, f32 or f64.
/// Throws ShapeError for other types and ranks, and for more channels than cv::Mat can have (512).
cv::Mat to_mat(const Tensor& tensor);

}  // namespace fovea
