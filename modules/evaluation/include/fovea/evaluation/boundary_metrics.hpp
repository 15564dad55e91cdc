// How well the outlines of classes fit, which IoU of large regions hardly sees.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

namespace fovea {

/// Boundary F1 (Csurka, Larlus and Perronnin, "What is a good evaluation measure for semantic segmentation?", BMVC 2013, section 2.2).
///
/// The boundary of a class are its pixels with a neighbour to the left, right, above or below, inside the image, of another label. A
/// boundary pixel is matched when the other map has one of the same class within `tolerance` x the image's diagonal (Euclidean distance of
/// pixel centres). Per image and class: precision is the matched share of the predicted boundary, recall that of the true one, F1 their
/// harmonic mean, 0 when both are 0; a class whose boundary one map has and the other lacks has 0; one that neither has is left out. Per
/// class: mean over images. Boundary pixels of the prediction in pixels that the ground truth ignores are not judged.
class BoundaryF1 {
 public:
  /// Throws OptionError unless there is a class and the tolerance is in [0, 1].
  explicit BoundaryF1(std::int64_t classes, double tolerance = kUsualTolerance);

  /// Adds an image; maps as PixelConfusion::add takes them. Throws ShapeError.
  void add(const cv::Mat& truth, const cv::Mat& prediction);
  /// Adds the images of another one after its own.
  void add(const BoundaryF1& other);

  /// Of each class; none for one without boundaries.
  std::vector<std::optional<double>> per_class() const;
  /// Over the classes that have one; 0 when none has.
  double mean() const;
  double tolerance() const { return tolerance_; }

  static constexpr double kUsualTolerance = 0.0075;

 private:
  struct Sum {
    double f1 = 0;
    std::int64_t images = 0;
  };

  double tolerance_;
  std::vector<Sum> sums_;
};

}  // namespace fovea
