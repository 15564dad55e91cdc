#include "fovea/detection/retina_head.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/sigmoid_focal_loss.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/prediction_conv.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

namespace {

constexpr const char* kRetina = "retina_head";
constexpr BoxCode kRetinaCode = {1, 1, 1, 1};

void add_branch(Sequential& branch, std::int64_t inputs, std::int64_t outputs, const RetinaHeadOptions& o, double bias) {
  std::int64_t channels = inputs;
  for (std::int64_t layer = 0; layer < o.layers; ++layer) {
    branch.emplace<Conv2d>(channels, o.channels, Conv2dOptions{.kernel = 3, .padding = 1});
    branch.emplace<Relu>();
    channels = o.channels;
  }
  branch.emplace_named<PredictionConv>(
      "prediction", channels, outputs, [bias](std::int64_t) { return bias; }, 3);
}

/// Of rows that count: positives first, then backgrounds.
Variable class_term(const Variable& scores, const PriorTargets& targets, const RetinaHeadOptions& o) {
  std::vector<std::int64_t> places;
  for (const PriorPositive& positive : targets.positives) places.push_back(positive.row);
  places.insert(places.end(), targets.backgrounds.begin(), targets.backgrounds.end());
  if (places.empty()) return Variable(Tensor::zeros({}, scores.dtype()));
  std::vector<float> wanted(places.size() * static_cast<std::size_t>(o.classes), 0.0f);
  for (std::size_t i = 0; i < targets.positives.size(); ++i)
    wanted[i * static_cast<std::size_t>(o.classes) + static_cast<std::size_t>(targets.positives[i].label)] = 1;
  const Tensor labels = Tensor::from(wanted, {std::ssize(places), o.classes}).to(scores.dtype());
  return sigmoid_focal_loss(chosen_rows(scores, places), labels, {.alpha = o.alpha, .gamma = o.gamma, .reduction = Reduction::sum});
}

}  // namespace

std::vector<std::vector<AnchorSize>> retina_anchors(std::span<const FeatureMapShape> maps) {
  constexpr std::array kRatios = {0.5, 1.0, 2.0};
  std::vector<std::vector<AnchorSize>> anchors;
  for (const FeatureMapShape& map : maps) {
    const double side = 4 * static_cast<double>(map.stride);
    anchors.push_back(anchor_sizes(std::array{side, side * std::exp2(1.0 / 3), side * std::exp2(2.0 / 3)}, kRatios));
  }
  return anchors;
}

RetinaHead::RetinaHead(const std::vector<FeatureMapShape>& inputs, const RetinaHeadOptions& options) : options_(options) {
  if (inputs.empty()) throw OptionError("[retina_head] there are no feature maps");
  if (options.classes < 1 || options.channels < 1 || options.layers < 0)
    throw OptionError(fmt::format("[retina_head] expected at least 1 class, 1 channel and 0 layers, found {}, {} and {}", options.classes,
                                  options.channels, options.layers));
  if (options_.anchors.empty()) options_.anchors = retina_anchors(inputs);
  if (options_.anchors.size() != inputs.size())
    throw OptionError(fmt::format("[retina_head] expected anchors for {} feature maps, found {}", inputs.size(), options_.anchors.size()));
  const std::size_t count = options_.anchors.front().size();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].channels != inputs[0].channels)
      throw OptionError(
          fmt::format("[retina_head] all maps share the branches, but have {} and {} channels", inputs[0].channels, inputs[i].channels));
    if (count == 0 || options_.anchors[i].size() != count)
      throw OptionError(fmt::format("[retina_head] expected {} anchors for every map, at least 1, found {} for map {}", count,
                                    options_.anchors[i].size(), i));
    scales_.push_back({static_cast<float>(inputs[i].stride), options_.anchors[i], options.classes});
  }
  const auto anchors = static_cast<std::int64_t>(count);
  register_module("classes", classes_);
  register_module("boxes", boxes_);
  add_branch(classes_, inputs[0].channels, anchors * options.classes, options, logit_of(kPriorProbability));
  add_branch(boxes_, inputs[0].channels, anchors * 4, options, 0);
}

std::vector<Variable> RetinaHead::forward(const FeatureMaps& maps) {
  if (maps.size() != scales_.size())
    throw ShapeError(fmt::format("[retina_head] expected {} feature maps, found {}", scales_.size(), maps.size()));
  std::vector<Variable> predictions;
  for (const FeatureMap& map : maps) predictions.push_back(concat({boxes_(map.tensor), classes_(map.tensor)}));
  return predictions;
}

PriorTargets RetinaHead::assign(std::span<const Shape> predictions, std::span<const DetectionTargets> targets) const {
  require_prior_predictions(kRetina, predictions, scales_, std::ssize(targets));
  return assign_priors(kRetina, prior_boxes(predictions, scales_), targets, options_.classes, options_.matcher);
}

LossMap RetinaHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  const PriorTargets assigned = assign(shapes_of(predictions), targets);
  const PriorRows rows = prior_rows(predictions, scales_);
  const double share = 1 / static_cast<double>(std::max<std::size_t>(1, assigned.positives.size()));
  return {{"box", affine(prior_box_error(rows.deltas, assigned.positives, kRetinaCode, options_.beta), options_.box_weight * share)},
          {"class", affine(class_term(rows.scores, assigned, options_), share)}};
}

std::vector<Detections> RetinaHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  const NoGradGuard no_grad;
  const std::vector<Variable> values(predictions.begin(), predictions.end());
  const std::vector<Shape> shapes = shapes_of(values);
  require_prior_predictions(kRetina, shapes, scales_);
  const PriorRows rows = prior_rows(values, scales_);
  return decode_prior_rows(rows.deltas.value(), sigmoid(rows.scores).value(), prior_boxes(shapes, scales_), kRetinaCode, false,
                           smallest_score);
}

}  // namespace fovea
