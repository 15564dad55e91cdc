// From a network's scores to label maps.
#pragma once

#include <opencv2/core/mat.hpp>

#include "fovea/tensor/tensor.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

/// The class with the highest score for every pixel, of equals the lowest class: image `index` of logits [N,H,W,classes] f32 as a map of
/// `type`, CV_8UC1 or CV_16UC1. Throws ShapeError for other logits and for more classes than the type has labels.
cv::Mat most_likely_classes(const Tensor& logits, std::int64_t index, int type);

/// A map in the pixels of the picture that `geometry` brought to the network: what was found where the centre of each pixel went.
/// `found` may be smaller than the network's input on all sides alike, as of networks without padding; where nothing was found, and where
/// the picture was cut off, stands `fill`.
cv::Mat labels_in_picture(const cv::Mat& found, const Transform& geometry, int fill);

}  // namespace fovea
