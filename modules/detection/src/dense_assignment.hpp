// Rows of dense predictions that objects ask for.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "fovea/base/shape.hpp"
#include "fovea/detection/dense_predictions.hpp"

namespace fovea {

/// Gives each row to the object with the largest claim, of equal ones to the first that asked.
class RowClaims {
 public:
  void ask(std::int64_t row, double claim, const Box& box, std::int64_t label) {
    const auto [place, is_new] = rows_.try_emplace(row, Claim{claim, {row, box, label}});
    if (!is_new && claim > place->second.claim) place->second = {claim, {row, box, label}};
  }
  bool holds(std::int64_t row) const { return rows_.contains(row); }
  /// By row.
  std::vector<DensePositive> positives() const {
    std::vector<DensePositive> list;
    for (const auto& [row, claim] : rows_) list.push_back(claim.positive);
    return list;
  }

 private:
  struct Claim {
    double claim;
    DensePositive positive;
  };
  std::map<std::int64_t, Claim> rows_;
};

/// Throws ShapeError when the predictions are not of as many images as there are targets, or of other feature maps; OptionError for a label
/// that is no class.
void require_targets(std::span<const Shape> predictions, std::span<const DenseScale> scales, std::span<const DetectionTargets> targets);

/// The cell that a point is in; false when it is outside the map.
bool find_cell(float x, float y, const Shape& predictions, float stride, GridCell& cell);

/// Every object asks, in the cell that its centre is in, for the anchor of all feature maps that is most like it, and for those that are at
/// least `also_from` like it (shape_iou, which is the claim). Objects without area, or with a centre outside the image, ask for none.
std::vector<RowClaims> claim_anchors(std::span<const Shape> predictions, std::span<const DenseScale> scales,
                                     std::span<const DetectionTargets> targets, double also_from);

/// Rows of one feature map that already predict a box whose IoU with an object is above the threshold.
std::vector<std::int64_t> rows_like_objects(const Tensor& predictions, const DenseScale& scale, std::span<const DetectionTargets> targets,
                                            double threshold);

/// The shapes of tensors.
std::vector<Shape> shapes_of(std::span<const Tensor> tensors);

}  // namespace fovea
