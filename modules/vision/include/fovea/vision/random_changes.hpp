// Random changes by name, each as an Augmentation: geometry first, then pixels. Ranges are drawn from uniformly unless said otherwise.
// All throw OptionError for ranges that are reversed or outside what the change allows.
#pragma once

#include <memory>

#include "fovea/vision/augmentation.hpp"

namespace fovea {

using AugmentationPart = std::shared_ptr<const Augmentation>;

/// `part` with the given probability in [0, 1], else nothing.
AugmentationPart sometimes(double probability, AugmentationPart part);

struct RandomAffineOptions {
  double degrees = 10;                      ///< turns by up to so many, either way
  double translation = 0.1;                 ///< moves by up to this part of width and height, either way
  double min_scale = 0.9, max_scale = 1.1;  ///< uniform in the logarithm
  double shear_degrees = 0;                 ///< slants vertical lines by up to so many, either way, under 80
  double pad_value = 114;
};
/// Around the image's centre; the size stays.
AugmentationPart random_affine(const RandomAffineOptions& options = {});

/// Moves every corner towards the centre by up to this part of half the width and of half the height, in [0, 0.9].
AugmentationPart random_perspective(double distortion = 0.3, double pad_value = 114);

/// Strength up to `strength`, in [0, 0.29], either way (make_lens_distortion).
AugmentationPart random_lens_distortion(double strength = 0.2, double pad_value = 114);

struct ElasticOptions {
  cv::Size nodes = {3, 3};
  double sigma = 10;  ///< standard deviation of the displacements in pixels; they are scaled down where the image would fold over
  double pad_value = 0;
};
/// Gaussian displacements of a coarse grid. Source: Ronneberger et al., "U-Net", MICCAI 2015, section 3.1.
AugmentationPart random_elastic(const ElasticOptions& options = {});

/// The shorter side becomes a number of pixels in [min_side, max_side], then a random window of size `output` is cut out, padded where the
/// image is smaller. Source: He et al., "Deep residual learning", CVPR 2016, section 3.4.
AugmentationPart random_scale_crop(int min_side, int max_side, cv::Size output, double pad_value = 0);

/// A window of size `output` at a scale in [min_scale, max_scale], uniform in its logarithm (2: things become twice as large), anywhere in
/// the image; around it, padded, where the window is larger. Only the window is scaled: made for pictures far larger than a network sees.
/// Source: the random scaling and cropping of Chen et al., "DeepLab", PAMI 2018, section 4.1.
AugmentationPart random_patch(cv::Size output, double min_scale = 0.5, double max_scale = 2, double pad_value = 0);

/// The whole image, or a part of 0.3 to 1 of its width and height, of width / height 0.5 to 2, whose IoU with some object is at least one
/// of 0.1, 0.3, 0.5, 0.7, 0.9, or a part without a condition: one of the seven at random; after 50 draws that do not fit, the whole image.
/// Source: Liu et al., "SSD", ECCV 2016, section 2.2, "Data augmentation".
AugmentationPart random_ssd_crop();

/// Fits into `output` with the proportions kept (make_letterbox).
AugmentationPart letterbox(cv::Size output, double pad_value = 114);

struct ColorJitterOptions {
  double brightness = 0.4, contrast = 0.4, saturation = 0.4;  ///< factors in [max(0, 1 - x), 1 + x]
  double hue = 0;                                             ///< turns in [-x, x], x at most 0.5
};
/// The four changes in a random order.
AugmentationPart random_color_jitter(const ColorJitterOptions& options = {});
/// Factors of make_pca_color from a Gaussian of this standard deviation.
AugmentationPart random_pca_color(double sigma = 0.1);
AugmentationPart random_gray(double probability = 0.1);
/// The exponent is in [min, max], uniform in its logarithm.
AugmentationPart random_gamma(double min = 0.7, double max = 1.5);
AugmentationPart random_blur(double min_sigma = 0.1, double max_sigma = 2);
/// The standard deviation is in [0, max_sigma], of values in [0, 255].
AugmentationPart random_noise(double max_sigma = 10);
AugmentationPart random_jpeg(int min_quality = 40, int max_quality = 95);
/// make_clahe with a clip limit in [1, max_clip] and 8 x 8 tiles.
AugmentationPart random_clahe(double max_clip = 4);
/// `count` squares, whose side is this part of the image's shorter one, around places anywhere in the image (make_cutout).
AugmentationPart random_cutout(int count = 1, double side = 0.5, double value = 0);

}  // namespace fovea
