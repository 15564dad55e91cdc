// Changes of pixels that leave the geometry alone, as Transforms, so that they chain with the others: points stay, labels stay.
//
// All are for 8-bit pictures of 1 (grey) or 3 (BGR) channels and throw ShapeError for others; results are rounded and cut to [0, 255].
// Strengths are fixed here; augmentation.hpp draws them.
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core/types.hpp>
#include <vector>

#include "fovea/vision/transform.hpp"

namespace fovea {

/// value * factor. Throws OptionError unless factor >= 0, as those below do.
std::unique_ptr<Transform> make_brightness(cv::Size size, double factor);
/// mean + (value - mean) * factor, with the picture's mean brightness (0.299 R + 0.587 G + 0.114 B).
std::unique_ptr<Transform> make_contrast(cv::Size size, double factor);
/// grey + (value - grey) * factor, with the pixel's brightness. Grey pictures stay.
std::unique_ptr<Transform> make_saturation(cv::Size size, double factor);
/// Turns the hue by so much of the circle, in [-0.5, 0.5]. Grey pictures stay. Throws OptionError outside the range.
std::unique_ptr<Transform> make_hue(cv::Size size, double turn);
/// All channels become the pixel's brightness.
std::unique_ptr<Transform> make_gray(cv::Size size);
/// 255 (value / 255)^gamma, gamma > 0.
std::unique_ptr<Transform> make_gamma(cv::Size size, double gamma);
/// Adds 255 (a_1 s_1 v_1 + a_2 s_2 v_2 + a_3 s_3 v_3), with the principal components v of the pixels of ImageNet, the scales s that are
/// published with them and the given factors. Grey pictures stay.
/// Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", NIPS 2012, section 4.1.
std::unique_ptr<Transform> make_pca_color(cv::Size size, cv::Vec3d factors);
/// Convolution with a Gaussian of the given standard deviation in pixels, > 0.
std::unique_ptr<Transform> make_blur(cv::Size size, double sigma);
/// Adds to every value a number from a Gaussian of the given standard deviation, >= 0; equal seeds give equal noise.
std::unique_ptr<Transform> make_noise(cv::Size size, double sigma, std::uint64_t seed);
/// Writes the picture as JPEG of the given quality, 1 to 100, and reads it again.
std::unique_ptr<Transform> make_jpeg(cv::Size size, int quality);
/// Contrast-limited adaptive histogram equalisation of the brightness, in tiles x tiles parts; tiles >= 1, clip_limit > 0.
/// Source: Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994.
std::unique_ptr<Transform> make_clahe(cv::Size size, double clip_limit, int tiles);
/// Rectangles become `value`; what of them is outside the picture is left out.
/// Source: DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.
std::unique_ptr<Transform> make_cutout(cv::Size size, std::vector<cv::Rect> holes, double value);

}  // namespace fovea
