// Panoptic quality: Kirillov, He, Girshick, Rother and Dollar, "Panoptic segmentation", CVPR 2019, section 4, with the reference
// evaluator's treatment of void and crowds (cocodataset/panopticapi, evaluation.py).
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/data/panoptic.hpp"
#include "fovea/evaluation/classification_metrics.hpp"

namespace fovea {

/// Of one class or a mean over classes; all 0 when there is nothing.
struct PanopticScores {
  double pq = 0;  ///< sum of IoU / (TP + FP / 2 + FN / 2) = SQ RQ
  double sq = 0;  ///< sum of IoU / TP: how well what was found fits
  double rq = 0;  ///< TP / (TP + FP / 2 + FN / 2): how much was found
};

struct PanopticClass {
  std::string name;
  bool is_thing = true;
  std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
  double sum_of_iou = 0;  ///< over true positives

  /// Whether the class has a segment that counts; otherwise the means leave it out.
  bool occurs() const { return true_positives + false_positives + false_negatives > 0; }
  PanopticScores scores() const;
};

struct PanopticMean : PanopticScores {
  std::int64_t classes = 0;  ///< that occur
};

struct PanopticEvaluation {
  std::vector<PanopticClass> per_class;  ///< the categories of the ground truth
  std::int64_t images = 0;

  PanopticMean all() const;
  PanopticMean things() const;
  PanopticMean stuff() const;
};

/// Per image: a segment of the prediction and one of the ground truth that is no crowd, of one class, match when
///   IoU = |both| / (|predicted| + |true| - |both| - |predicted in void|) > 0.5,
/// which is so for at most one of each. A true segment without a match that is no crowd is a false negative; a predicted one without a
/// match is a false positive unless more than half of it is void or in a crowd of its class. (Of several crowds of a class in one image the
/// last in the file counts, as in the reference.) Sums are taken by image and then by number of segment, so they have the same bits for any
/// number of threads. Classes of the results are found by name. Throws FileError when a file cannot be used, OptionError when the results
/// lack an image of the ground truth, or have a class that it lacks.
PanopticEvaluation evaluate_panoptic(const PanopticDataset& truth, const PanopticDataset& results, const Threads& threads);

/// PQ, SQ, RQ; things and stuff (PQ, SQ, RQ, classes); per_class (name -> PQ, SQ, RQ, tp, fp, fn, is_thing).
Json to_json(const PanopticEvaluation& evaluation, const EvaluationSubject& subject);
/// The same for people. Numbers are printed so that they read back to the same bits.
std::string to_table(const PanopticEvaluation& evaluation);

}  // namespace fovea
