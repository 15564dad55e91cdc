// The head of SSD.
#pragma once

#include "fovea/detection/prior_predictions.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// The default boxes of SSD in pixels of an image of `image` a side. Map k has squares of s_k and sqrt(s_k s_(k+1)), and boxes of s_k
/// sqrt(a) x s_k / sqrt(a) and the other way around for each of its ratios a (above 1): Liu et al. 2016, section 2.2. `sides` are s_1, s_2,
/// ... as parts of the image, one more than maps. Throws OptionError for other numbers of them, or one that is not above 0.
std::vector<std::vector<AnchorSize>> ssd_anchors(double image, std::span<const double> sides, std::span<const std::vector<double>> ratios);

/// `count` sides from `smallest` to `largest` at equal distances: equation 4. Throws OptionError for fewer than 2.
std::vector<double> ssd_sides(std::int64_t count, double smallest = 0.2, double largest = 0.9);

struct SsdHeadOptions {
  std::int64_t classes = 1;                      ///< of objects; the background is one more
  std::vector<std::vector<AnchorSize>> anchors;  ///< default boxes of each feature map, in pixels of the network's input
  bool depthwise = false;                        ///< 3x3 convolutions are a filter per channel, then the 1x1 predictions (SSDLite)
  double object_from = 0.5;                      ///< default boxes with so much IoU find an object, beside the best one of every object
  double negatives = 3;                          ///< of the background, so many times as many as objects find an image's hardest
  double box_weight = 1;                         ///< alpha
};

/// For every default box differences, divided by variances of 0.1 (centre) and 0.2 (size), and the logits of the background and of every
/// class: a 3x3 convolution on each map. Liu et al., "SSD: single shot multibox detector", ECCV 2016, section 2.2. `depthwise`: Sandler et
/// al., "MobileNetV2", CVPR 2018, section 6.2. Children prediction.0, ... for the feature maps, and with `depthwise` filter.0, ....
///
/// Terms: "box", the smooth absolute error (beta 1) of the positives' differences, and "class", the cross-entropy of the positives and of
/// the images' hardest negatives; both divided by the batch's number of positives (at least 1). An image without objects has no negatives.
class SsdHead final : public DetectionHead {
 public:
  /// Throws OptionError unless every map has default boxes and there is a class.
  SsdHead(const std::vector<FeatureMapShape>& inputs, const SsdHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return prior_loss_names(); }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Which rows of predictions of these shapes are to predict what, before the hardest negatives are chosen.
  PriorTargets assign(std::span<const Shape> predictions, std::span<const DetectionTargets> targets) const;
  /// Those of the backgrounds, [rows] with the loss of each, that count: for every image the largest, of equal ones the first.
  std::vector<std::int64_t> hardest(const PriorTargets& assigned, const Tensor& losses, std::int64_t images) const;
  const std::vector<PriorScale>& scales() const { return scales_; }

 private:
  SsdHeadOptions options_;
  std::vector<PriorScale> scales_;
  Sequential filter_, prediction_;
};

}  // namespace fovea
