// The head of YOLOv3.
#pragma once

#include "fovea/detection/dense_predictions.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct AnchorHeadOptions {
  std::int64_t classes = 1;
  std::vector<std::vector<AnchorSize>> anchors;  ///< of each feature map, in pixels of the network's input
  std::int64_t channels = 0;                     ///< of a 3x3 convolution before the predictions; 0: none
  ActivationKind activation = ActivationKind::leaky_relu;
  double also_from = 0.6;  ///< anchors beside the best one that are at least so much like an object (shape_iou) find it too; above 1: none
  double ignore_above = 0.7;  ///< rows that predict a box with so much IoU with an object are not told that there is none
  DenseLossOptions loss = {};
};

/// For every anchor of every cell x, y, w, h, objectness and independent class scores (dense_predictions.hpp, sigmoid centres). An object
/// is found by the anchor that is most like it, of all feature maps, in the cell that its centre is in; of two objects that ask for one row
/// the one that is more like the anchor gets it, of equal ones the first. Redmon and Farhadi, "YOLOv3", 2018, section 2.1; `also_from` is
/// Bochkovskiy et al., "YOLOv4", 2020, section 3.4. Children stem.0, ... and prediction.0, ... for the feature maps.
class AnchorHead final : public DetectionHead {
 public:
  /// Throws OptionError unless every map has anchors and there is a class.
  AnchorHead(const std::vector<FeatureMapShape>& inputs, const AnchorHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return dense_loss_names(); }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Which rows are to predict what, given what they predict now; objects whose centre is outside the image are left out.
  std::vector<DenseTargets> assign(std::span<const Tensor> predictions, std::span<const DetectionTargets> targets) const;
  const std::vector<DenseScale>& scales() const { return scales_; }

 private:
  AnchorHeadOptions options_;
  std::vector<DenseScale> scales_;
  Sequential stem_, prediction_;
};

}  // namespace fovea
