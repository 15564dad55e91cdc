// Pictures of an application as the input of a network.
#pragma once

#include <opencv2/core/mat.hpp>
#include <span>

#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// Throws ShapeError unless `image` is what OpenCV reads: 8-bit, one or three channels, with pixels. `task` begins the message.
void require_picture(const cv::Mat& image, const char* task);

/// Preprocessing::batch() of pictures that were checked, in the calling thread's kernels::Context.
Tensor picture_batch(std::span<const cv::Mat> images, const Preprocessing& preprocessing, const char* task);

}  // namespace fovea
