#include "fovea/detection/anchor_head.hpp"

#include <fmt/format.h>

#include "dense_assignment.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/prediction_conv.hpp"

namespace fovea {

AnchorHead::AnchorHead(const std::vector<FeatureMapShape>& inputs, const AnchorHeadOptions& options) : options_(options) {
  if (options.classes < 1) throw OptionError(fmt::format("[anchor_head] classes is at least 1, found {}", options.classes));
  if (inputs.empty() || options.anchors.size() != inputs.size())
    throw OptionError(fmt::format("[anchor_head] expected anchors for {} feature maps, found {}", inputs.size(), options.anchors.size()));
  register_module("stem", stem_);
  register_module("prediction", prediction_);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const FeatureMapShape& input = inputs[i];
    scales_.push_back({static_cast<float>(input.stride), options.anchors[i], options.classes, CenterCoding::sigmoid});
    const DenseScale& scale = scales_.back();
    if (scale.anchors.empty()) throw OptionError(fmt::format("[anchor_head] feature map {} has no anchors", i));
    if (options.channels > 0) stem_.emplace<ConvNorm>(input.channels, options.channels, ConvNormOptions{.activation = options.activation});
    prediction_.emplace<PredictionConv>(
        options.channels > 0 ? options.channels : input.channels, scale.channels(),
        [numbers = scale.numbers()](std::int64_t channel) { return channel % numbers < 4 ? 0 : logit_of(kPriorProbability); });
  }
}

std::vector<Variable> AnchorHead::forward(const FeatureMaps& maps) {
  if (maps.size() != scales_.size())
    throw ShapeError(fmt::format("[anchor_head] expected {} feature maps, found {}", scales_.size(), maps.size()));
  std::vector<Variable> predictions;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const Variable features = options_.channels > 0 ? stem_.forward_range(maps[i].tensor, i, i + 1) : maps[i].tensor;
    predictions.push_back(prediction_.forward_range(features, i, i + 1));
  }
  return predictions;
}

std::vector<DenseTargets> AnchorHead::assign(std::span<const Tensor> predictions, std::span<const DetectionTargets> targets) const {
  const std::vector<Shape> shapes = shapes_of(predictions);
  require_targets(shapes, scales_, targets);
  const std::vector<RowClaims> claims = claim_anchors(shapes, scales_, targets, options_.also_from);
  std::vector<DenseTargets> assigned;
  for (std::size_t i = 0; i < scales_.size(); ++i)
    assigned.push_back({claims[i].positives(), rows_like_objects(predictions[i], scales_[i], targets, options_.ignore_above)});
  return assigned;
}

LossMap AnchorHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  return dense_loss(predictions, scales_, assign(values_of(predictions), targets), options_.loss);
}

std::vector<Detections> AnchorHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  return decode_scales(predictions, scales_, smallest_score);
}

}  // namespace fovea
