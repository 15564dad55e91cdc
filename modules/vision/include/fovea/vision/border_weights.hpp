// Weights that make a segmenter learn the thin borders between touching objects.
#pragma once

#include <opencv2/core/mat.hpp>

namespace fovea {

struct BorderWeightOptions {
  double w0 = 10;                ///< the most that a border adds, at least 0
  double sigma = 5;              ///< in pixels, greater than 0: how far from two objects that fades
  double background_weight = 1;  ///< of the pixels of no object, at least 0 ...
  double object_weight = 1;      ///< ... and of those of objects: what balances the classes
};

/// w(x) = w_c(x) + w0 exp(-(d1(x) + d2(x))^2 / (2 sigma^2)), as CV_32F: w_c is the weight of the pixel's class, d1 and d2 the distances of
/// a background pixel to the nearest and the second nearest object, between middles of pixels; objects have no second term, nor have images
/// of fewer than two. Where it is under w0 exp(-18) it may be left out. `instances` is CV_32S: 0 is background, every other number an
/// object. Ronneberger et al., "U-Net", MICCAI 2015, equation 2. Throws ShapeError on maps of another type and empty ones, OptionError on
/// options out of range.
cv::Mat border_weights(const cv::Mat& instances, const BorderWeightOptions& options = {});

}  // namespace fovea
