// How well superpixels fit what people have drawn around objects.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>

#include "fovea/base/json.hpp"

namespace fovea {

/// All in [0, 1]. A quotient 0/0 counts as 1: no boundary is missed where there is none.
struct SuperpixelMetrics {
  std::int64_t regions = 0;
  /// Share of ground-truth boundary pixels with a boundary pixel of the superpixels within the tolerance (Martin, Fowlkes and Malik,
  /// "Learning to detect natural image boundaries", TPAMI 26(5), 2004, with the square window of Achanta et al., TPAMI 34(11), 2012,
  /// section 4.1).
  double boundary_recall = 0;
  /// The same with the two exchanged.
  double boundary_precision = 0;
  /// 1/N sum over segments G and superpixels S that meet of min(|S and G|, |S without G|): Neubert and Protzel, "Superpixel benchmark and
  /// comparison", Forum Bildverarbeitung 2012, section 3.3. Smaller is better.
  double undersegmentation_error = 0;
  /// 1/N sum over superpixels of max over G of |S and G|: the accuracy of the best labelling that gives each superpixel one label (Liu et
  /// al., "Entropy rate superpixel segmentation", CVPR 2011, section 5).
  double achievable_accuracy = 0;
  /// 1/N sum over superpixels of |S| 4 pi |S| / P^2, P the sides of pixels around S: Schick, Fischer and Stiefelhagen, "Measuring and
  /// evaluating the compactness of superpixels", ICPR 2012. A square has pi / 4.
  double compactness = 0;
};

struct SuperpixelMetricsOptions {
  int tolerance = 2;  ///< pixels along each axis that two boundaries may lie apart
};

/// `labels` and every ground truth are CV_32S of one size; any numbers. Of several ground truths (several people) the mean of each
/// measure. Boundaries are those of label_boundaries. Throws ShapeError for other sizes and types, OptionError for no ground truth and a
/// negative tolerance.
SuperpixelMetrics superpixel_metrics(const cv::Mat& labels, std::span<const cv::Mat> ground_truths,
                                     const SuperpixelMetricsOptions& options = {});

/// Means over images; regions rounded. Zeros for none.
SuperpixelMetrics mean_of(std::span<const SuperpixelMetrics> images);

Json to_json(const SuperpixelMetrics& metrics);

}  // namespace fovea
