// How well a class per pixel fits the ground truth: every number from one confusion matrix over all pixels of the data set, never a mean of
// images, which would count a pixel of a small image more than one of a large image and depends on what is said of classes that an image
// lacks.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/classification_metrics.hpp"

namespace fovea {

/// Counts pixels by class of the ground truth and of the prediction.
///
/// Pixels that the ground truth ignores are not counted, whatever is predicted there. A pixel for which the prediction names no class is a
/// missing one of its true class, and of no other class a false one: ignoring it too would turn IoU into precision of what was dared.
class PixelConfusion {
 public:
  /// `classes` at least 1. Throws OptionError.
  explicit PixelConfusion(std::int64_t classes);

  /// Adds an image. Both maps are CV_8UC1 or CV_16UC1, of one size and type; labels are below the number of classes, or the highest value
  /// of the type, 255 or 65535: no class. Throws ShapeError for other maps, and OptionError naming the pixel for other labels.
  void add(const cv::Mat& truth, const cv::Mat& prediction);
  /// Adds the pixels of another matrix of as many classes.
  void add(const PixelConfusion& other);

  std::int64_t classes() const { return classes_; }
  /// Pixels of class `truth` that were predicted as `prediction`, or, for classes(), as none.
  std::int64_t count(std::int64_t truth, std::int64_t prediction) const { return counts_[index(truth, prediction)]; }
  /// Pixels that the ground truth ignores.
  std::int64_t ignored() const { return ignored_; }

 private:
  std::size_t index(std::int64_t truth, std::int64_t prediction) const {
    return static_cast<std::size_t>(truth * (classes_ + 1) + prediction);
  }
  template <class Label>
  void add_rows(const cv::Mat& truth, const cv::Mat& prediction);

  std::int64_t classes_;
  std::vector<std::int64_t> counts_;  // a row for each class, with one column more: no class
  std::int64_t ignored_ = 0;
};

/// One class; n_ij are pixels of class i predicted as j, t_i = sum_j n_ij those of the class, p_i = sum_j n_ji those predicted as it.
struct ClassSegmentation {
  std::optional<double> iou;       ///< n_ii / (t_i + p_i - n_ii); none for a class that neither map holds
  std::optional<double> accuracy;  ///< n_ii / t_i, the recall; none for a class that the ground truth lacks
  std::optional<double> dice;      ///< 2 n_ii / (t_i + p_i); none as iou
  std::int64_t pixels = 0;         ///< t_i
  std::int64_t predicted = 0;      ///< p_i
};

/// Fractions in [0, 1]; all 0 when no pixel counts. Means are over the classes that have the number: an absent class is left out, it is
/// neither 0 nor 1. Names and formulas: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015,
/// section 5.
struct SegmentationMetrics {
  double pixel_accuracy = 0;  ///< sum_i n_ii / sum_i t_i
  double mean_accuracy = 0;
  double mean_iou = 0;
  double frequency_weighted_iou = 0;  ///< sum_i t_i IoU_i / sum_i t_i
  double mean_dice = 0;
  std::int64_t pixels = 0;   ///< that count
  std::int64_t ignored = 0;  ///< that do not
  std::vector<ClassSegmentation> per_class;
};

SegmentationMetrics segmentation_metrics(const PixelConfusion& confusion);

}  // namespace fovea
