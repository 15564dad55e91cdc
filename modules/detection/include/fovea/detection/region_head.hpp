// The head of YOLOv2.
#pragma once

#include "fovea/detection/dense_predictions.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct RegionHeadOptions {
  std::int64_t classes = 1;
  std::vector<AnchorSize> anchors;  ///< in pixels of the network's input
  std::int64_t channels = 0;        ///< of 3x3 convolutions before the predictions
  std::int64_t layers = 0;          ///< so many of them
  ActivationKind activation = ActivationKind::leaky_relu;
  double ignore_above = 0.6;  ///< rows that predict a box with so much IoU with an object are not told that there is none
  double box_weight = 1, object_weight = 5, no_object_weight = 1, class_weight = 1;
};

/// What the rows of the predictions are to say.
struct RegionTargets {
  DenseTargets rows;
  std::vector<double> overlaps;  ///< of each positive: the IoU of the box that it predicts now with its object
};

/// The coarsest feature map is the grid: for every anchor of every cell x, y, w, h, objectness (dense_predictions.hpp, sigmoid centres) and
/// the logits of the classes, of which one is true (softmax). An object is found by the anchor that is most like it, in the cell that its
/// centre is in. Redmon and Farhadi, "YOLO9000", CVPR 2017, section 2; losses and weights are those of Darknet's region layer, which the
/// paper does not state. Children stem.0, ... and prediction.0.
///
/// Terms, sums averaged over the images: "box", half the squared errors of s(x), s(y), w and h, times 2 - the part of the image that the
/// object takes; "object", half the squared error of the positives' objectness against the IoU of their boxes; "no_object", that of all
/// other rows against 0, but for the ignored ones; "class", the cross-entropy of the positives.
class RegionHead final : public DetectionHead {
 public:
  /// Throws OptionError unless there are feature maps, anchors and a class.
  RegionHead(const std::vector<FeatureMapShape>& inputs, const RegionHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return {"box", "object", "no_object", "class"}; }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Which rows are to predict what, given what they predict now.
  RegionTargets assign(const Tensor& predictions, std::span<const DetectionTargets> targets) const;
  /// The loss against targets that do not change with the predictions.
  LossMap loss(const Variable& predictions, const RegionTargets& targets) const;
  const DenseScale& scale() const { return scale_; }

 private:
  RegionHeadOptions options_;
  std::size_t maps_;
  DenseScale scale_;
  Sequential stem_, prediction_;
};

}  // namespace fovea
