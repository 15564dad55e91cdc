// COCO's protocol for boxes and instance masks: the numbers of the reference evaluator (cocodataset/cocoapi,
// PythonAPI/pycocotools/cocoeval.py), to the last bit.
//
// Within an image and a class, detections are taken by falling score (equal scores: the file's order). Each takes the object that it
// overlaps most and that is still free, from IoU >= t on; of equally good ones the later. Crowd regions, and objects outside the range of
// areas, are ignored: what matches them, and unmatched detections whose own area is outside the range, count neither for nor against.
// Precision is interpolated (the highest at this or more recall) at 101 levels of recall and averaged.
//
// What surprises people is in docs/evaluation.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"

namespace fovea {

enum class IouType {
  bbox,  ///< of boxes
  segm,  ///< of masks
};

/// Areas in pixels, both ends included: an object of exactly 32^2 is small and medium.
struct AreaRange {
  std::string name;
  double least = 0, most = 0;
};

/// .50, .55, ..., .95 as the reference computes them: most are not the nearest double of their decimals.
std::vector<double> coco_iou_thresholds();
/// 0, .01, ..., 1 as i * 0.01: ten of them lie one unit in the last place above the decimal.
std::vector<double> coco_recall_thresholds();
/// all, small (to 32^2), medium (to 96^2), large.
std::vector<AreaRange> coco_areas();

struct CocoOptions {
  IouType iou_type = IouType::bbox;
  std::vector<double> iou_thresholds = coco_iou_thresholds();
  std::vector<double> recall_thresholds = coco_recall_thresholds();
  std::vector<std::int64_t> max_detections = {1, 10, 100};  ///< per image and class; the highest scores are kept
  std::vector<AreaRange> areas = coco_areas();
  bool use_categories = true;  ///< otherwise all objects are of one class (useCats=0)
};

/// Which part of the arrays a mean is taken over.
struct CocoSelection {
  std::optional<double> iou_threshold;  ///< all of them without
  std::optional<std::size_t> category;  ///< index into CocoEvaluation::categories; all without
  std::string area = "all";
  std::int64_t max_detections = 100;
};

/// The arrays of the reference, in its order of axes: T IoU thresholds, R recall levels, K classes, A areas, M numbers of detections.
/// -1 where a class has no object in a range of areas.
struct CocoEvaluation {
  CocoOptions options;                        ///< as used: max_detections are sorted
  std::vector<DetectionCategory> categories;  ///< by rising id; one with id -1, "all", without use_categories
  std::vector<double> precision;              ///< [T, R, K, A, M]
  std::vector<double> recall;                 ///< [T, K, A, M]
  std::vector<std::int64_t> objects;          ///< [K, A]: that are not ignored
  std::vector<std::string> notes;             ///< what a reader of the numbers should know

  /// The mean over the selection without the -1; -1 when nothing is left: no such threshold, area or number of detections, or no objects.
  /// Summed as numpy sums, which is not from left to right.
  double average_precision(const CocoSelection& selection) const;
  double average_recall(const CocoSelection& selection) const;
};

/// The twelve numbers that the reference prints. -1: not defined. AP and its parts by area and threshold are for max_detections[2]; AP
/// itself is always for 100, and -1 when 100 is not among max_detections (a trap of the reference that is kept).
struct CocoSummary {
  double AP = -1, AP50 = -1, AP75 = -1, AP_small = -1, AP_medium = -1, AP_large = -1;
  double AR1 = -1, AR10 = -1, AR100 = -1;  ///< at max_detections[0], [1], [2]
  double AR_small = -1, AR_medium = -1, AR_large = -1;
};

/// The results refer to the images and categories of `truth`. Equal bits for any number of threads.
/// Throws OptionError for empty or invalid options, indices outside `truth`, a score that is NaN, and for segm when an annotation has no
/// segmentation.
CocoEvaluation evaluate_coco(const DetectionDataset& truth, const DetectionResults& results, const CocoOptions& options,
                             const Threads& threads);

/// Throws OptionError unless there are three max_detections.
CocoSummary summarize(const CocoEvaluation& evaluation);

}  // namespace fovea
