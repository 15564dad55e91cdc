// Label maps of one data set measured against those of another, and the numbers as tables and JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/data/segmentation_dataset.hpp"
#include "fovea/evaluation/boundary_metrics.hpp"
#include "fovea/evaluation/segmentation_metrics.hpp"

namespace fovea {

struct SegmentationEvaluation {
  std::vector<std::string> labels;  ///< of the ground truth
  std::int64_t images = 0;
  PixelConfusion confusion{1};
  SegmentationMetrics metrics;
  std::optional<BoundaryF1> boundaries;
  std::vector<std::string> notes;  ///< for the log: what was left out
};

struct SegmentationEvaluationOptions {
  std::optional<double> boundary_tolerance;  ///< measures outlines too: a share of the image's diagonal
};

/// Measures every map of `truth` against the one of its id in `results` (or of the last part of its id, where only one has it). Classes are
/// found by name; pixels of classes that the ground truth does not have are pixels without one. Images are counted in parallel, with the
/// same bits for any number of threads. Throws OptionError when the results lack an image or have no class in common with the ground truth,
/// FileError as label_map, ShapeError naming the image when two maps differ in size.
SegmentationEvaluation evaluate_segmentations(const SegmentationDataset& truth, const SegmentationDataset& results,
                                              const SegmentationEvaluationOptions& options, const Threads& threads);

/// protocol, count, split, model, fovea_version, pixel_accuracy, mean_accuracy, mIoU, fwIoU, dice, pixels, ignored_pixels, per_class (name
/// -> iou, accuracy, dice, pixels, predicted), labels, confusion ([true][predicted], the last column for no class); with outlines
/// boundary_f1 and boundary_tolerance too. null: not defined, as for a class that does not occur.
Json to_json(const SegmentationEvaluation& evaluation, const EvaluationSubject& subject);
/// The same for people. Numbers are printed so that they read back to the same bits.
std::string to_table(const SegmentationEvaluation& evaluation);

}  // namespace fovea
