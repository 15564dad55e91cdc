// The head of RetinaNet.
#pragma once

#include "fovea/detection/prior_predictions.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct RetinaHeadOptions {
  std::int64_t classes = 1;
  std::vector<std::vector<AnchorSize>> anchors;  ///< of each feature map, as many for each; empty: retina_anchors()
  std::int64_t channels = 256;                   ///< of both branches
  std::int64_t layers = 4;                       ///< 3x3 convolutions of each branch
  MatcherOptions matcher = {};                   ///< 0.4 and 0.5; an object that no anchor is like gets the nearest
  double alpha = 0.25, gamma = 2;                ///< of the focal loss
  double beta = 1.0 / 9;                         ///< of the smooth absolute error; 0: the absolute error
  double box_weight = 1;
};

/// Anchors of RetinaNet for maps of these strides: for each sides of 4, 4 * 2^(1/3) and 4 * 2^(2/3) strides, each with height / width of
/// 1/2, 1 and 2. Lin et al. 2017, section 4.
std::vector<std::vector<AnchorSize>> retina_anchors(std::span<const FeatureMapShape> maps);

/// For every anchor differences and an independent score for each class. Two branches of 3x3 convolutions with ReLU, one to classes, one to
/// boxes, which all maps share; their last one is a 3x3 convolution whose scores begin at 0.01. An anchor finds the object that it overlaps
/// most: from IoU 0.5; below 0.4 it is background, between the two it is ignored. Lin et al., "Focal loss for dense object detection", ICCV
/// 2017, sections 3 and 4. Children classes.0, ..., classes.prediction, boxes.0, ..., boxes.prediction.
///
/// Terms: "box", the smooth absolute error of the positives' differences, and "class", the focal loss of all that is not ignored; both
/// sums over the batch, divided by its number of positives (at least 1).
class RetinaHead final : public DetectionHead {
 public:
  /// Throws OptionError unless there are a class, a channel and maps of equally many channels, each with as many anchors.
  RetinaHead(const std::vector<FeatureMapShape>& inputs, const RetinaHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return prior_loss_names(); }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Which rows of predictions of these shapes are to predict what.
  PriorTargets assign(std::span<const Shape> predictions, std::span<const DetectionTargets> targets) const;
  const std::vector<PriorScale>& scales() const { return scales_; }

 private:
  RetinaHeadOptions options_;
  std::vector<PriorScale> scales_;
  Sequential classes_, boxes_;
};

}  // namespace fovea
