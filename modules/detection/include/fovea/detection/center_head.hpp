// An anchor-free head with branches of its own for boxes and for classes.
#pragma once

#include "fovea/detection/dense_predictions.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct CenterHeadOptions {
  std::int64_t classes = 1;
  std::int64_t channels = 64;  ///< of both branches
  std::int64_t layers = 2;     ///< 3x3 convolutions of each branch
  bool depthwise = false;      ///< they are a filter per channel and a 1x1 convolution
  double radius = 1.5;         ///< cells whose middle is less than so many strides from an object's centre, on both axes, find it
  double largest_sides = 8;    ///< an object belongs to the finest map of which its longer side is at most so many strides
  ActivationKind activation = ActivationKind::relu;
  DenseLossOptions loss = {};
};

/// For every cell x, y, w, h, objectness and class scores (dense_predictions.hpp, linear centres, one anchor of a stride's size). After a
/// 1x1 convolution two branches go apart, one to the classes, one to box and objectness: Ge et al., "YOLOX", 2021, section 2.1. An object
/// is found by the cells around its centre that lie in it, and by the one that its centre is in; of two objects the smaller one gets a
/// cell: Tian et al., "FCOS", ICCV 2019, section 3.2, with the centre sampling of its implementation. Children stem.0, classes.0, boxes.0,
/// class_prediction.0, box_prediction.0, ... for the feature maps.
class CenterHead final : public DetectionHead {
 public:
  CenterHead(const std::vector<FeatureMapShape>& inputs, const CenterHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return dense_loss_names(); }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Which rows of predictions of these shapes are to predict what.
  std::vector<DenseTargets> assign(std::span<const Shape> predictions, std::span<const DetectionTargets> targets) const;
  const std::vector<DenseScale>& scales() const { return scales_; }

 private:
  CenterHeadOptions options_;
  std::vector<DenseScale> scales_;
  Sequential stem_, classes_, boxes_, class_prediction_, box_prediction_;
};

}  // namespace fovea
