// What heads have in common that predict, for every prior box of every feature map, how an object differs from it and what it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fovea/detection/box_coder.hpp"
#include "fovea/detection/detector.hpp"
#include "fovea/detection/matcher.hpp"

namespace fovea {

/// The predictions of one feature map: [N, H, W, anchors * (4 + scores)]; the differences (R-CNN's x y w h) of every anchor come first,
/// then the scores of every anchor.
struct PriorScale {
  float stride = 0;
  std::vector<AnchorSize> anchors;  ///< sizes of the priors around the middle of every cell
  std::int64_t scores = 0;          ///< of each anchor

  std::int64_t channels() const { return std::ssize(anchors) * (4 + scores); }
};

/// Throws ShapeError "[op] ..." unless the predictions are of these maps and one number of images, which is `images` unless that is -1.
void require_prior_predictions(const char* op, std::span<const Shape> predictions, std::span<const PriorScale> scales,
                               std::int64_t images = -1);

/// The P priors of an image, map by map, in each map cell by cell in rows, in each cell anchor by anchor. Predictions are those of
/// require_prior_predictions().
std::vector<Box> prior_boxes(std::span<const Shape> predictions, std::span<const PriorScale> scales);

/// All predictions in the order of prior_boxes(): differences [N P, 4] and scores [N P, scores].
struct PriorRows {
  Variable deltas, scores;
};
PriorRows prior_rows(std::span<const Variable> predictions, std::span<const PriorScale> scales);

/// A row that is to predict an object.
struct PriorPositive {
  std::int64_t row = 0;  ///< of PriorRows
  Box prior, box;
  std::int64_t label = 0;
};

/// What the rows are to predict. Those in neither list are ignored.
struct PriorTargets {
  std::vector<PriorPositive> positives;   ///< by row
  std::vector<std::int64_t> backgrounds;  ///< rows that are to say that there is no object, by row
};

/// Matches the priors of every image to its objects. Objects without area are left out. Throws OptionError "[op] ..." for a label that is
/// not below `classes`, ShapeError unless there are as many labels as boxes.
PriorTargets assign_priors(const char* op, std::span<const Box> priors, std::span<const DetectionTargets> targets, std::int64_t classes,
                           const MatcherOptions& options);

/// The sum of the smooth absolute errors (smooth_l1_loss, `beta`) of the positives' differences; 0 without any.
Variable prior_box_error(const Variable& deltas, std::span<const PriorPositive> positives, const BoxCode& weights, double beta);

/// The rows [K, ...] of a tensor [R, ...]; undefined for none.
Variable chosen_rows(const Variable& rows, std::span<const std::int64_t> places);

/// The names of the terms of both heads' losses.
inline std::vector<std::string> prior_loss_names() { return {"box", "class"}; }

/// Candidates of every image: boxes decoded where `probabilities` [N P, scores] (f32) are at least `smallest_score`. With a background,
/// score 0 is that of no object and class c is score c + 1.
std::vector<Detections> decode_prior_rows(const Tensor& deltas, const Tensor& probabilities, std::span<const Box> priors,
                                          const BoxCode& weights, bool has_background, double smallest_score);

}  // namespace fovea
