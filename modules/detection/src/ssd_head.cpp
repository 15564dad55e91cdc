#include "fovea/detection/ssd_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/prediction_conv.hpp"
#include "fovea/models/conv_norm.hpp"

namespace fovea {

namespace {

constexpr const char* kSsd = "ssd_head";
constexpr BoxCode kSsdCode = {10, 10, 5, 5};  // 1 / variances
constexpr double kBeta = 1;

}  // namespace

std::vector<std::vector<AnchorSize>> ssd_anchors(double image, std::span<const double> sides, std::span<const std::vector<double>> ratios) {
  if (sides.size() != ratios.size() + 1)
    throw OptionError(fmt::format("[ssd_anchors] {} maps need {} sides, found {}", ratios.size(), ratios.size() + 1, sides.size()));
  const auto box = [image](double width, double height) {
    if (!(width > 0 && height > 0)) throw OptionError(fmt::format("[ssd_anchors] sides are more than 0, found {} x {}", width, height));
    return AnchorSize{static_cast<float>(image * width), static_cast<float>(image * height)};
  };
  std::vector<std::vector<AnchorSize>> anchors;
  for (std::size_t k = 0; k < ratios.size(); ++k) {
    const double between = std::sqrt(sides[k] * sides[k + 1]);
    std::vector<AnchorSize>& of_map = anchors.emplace_back(std::vector{box(sides[k], sides[k]), box(between, between)});
    for (const double ratio : ratios[k]) {
      const double longer = sides[k] * std::sqrt(ratio), shorter = sides[k] / std::sqrt(ratio);
      of_map.push_back(box(longer, shorter));
      of_map.push_back(box(shorter, longer));
    }
  }
  return anchors;
}

std::vector<double> ssd_sides(std::int64_t count, double smallest, double largest) {
  if (count < 2) throw OptionError(fmt::format("[ssd_sides] expected at least 2 sides, found {}", count));
  std::vector<double> sides;
  for (std::int64_t k = 0; k < count; ++k)
    sides.push_back(smallest + (largest - smallest) * static_cast<double>(k) / static_cast<double>(count - 1));
  return sides;
}

SsdHead::SsdHead(const std::vector<FeatureMapShape>& inputs, const SsdHeadOptions& options) : options_(options) {
  if (options.classes < 1) throw OptionError(fmt::format("[ssd_head] classes is at least 1, found {}", options.classes));
  if (!(options.negatives >= 0)) throw OptionError(fmt::format("[ssd_head] negatives is at least 0, found {}", options.negatives));
  if (inputs.empty() || options.anchors.size() != inputs.size())
    throw OptionError(
        fmt::format("[ssd_head] expected default boxes for {} feature maps, found {}", inputs.size(), options.anchors.size()));
  if (options.depthwise) register_module("filter", filter_);
  register_module("prediction", prediction_);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t channels = inputs[i].channels;
    if (options.anchors[i].empty()) throw OptionError(fmt::format("[ssd_head] feature map {} has no default boxes", i));
    scales_.push_back({static_cast<float>(inputs[i].stride), options.anchors[i], options.classes + 1});
    if (options.depthwise)
      filter_.emplace<ConvNorm>(channels, channels, ConvNormOptions{.groups = channels, .activation = ActivationKind::relu6});
    prediction_.emplace<PredictionConv>(
        channels, scales_.back().channels(), [](std::int64_t) { return 0; }, options.depthwise ? 1 : 3);
  }
}

std::vector<Variable> SsdHead::forward(const FeatureMaps& maps) {
  if (maps.size() != scales_.size())
    throw ShapeError(fmt::format("[ssd_head] expected {} feature maps, found {}", scales_.size(), maps.size()));
  std::vector<Variable> predictions;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const Variable features = options_.depthwise ? filter_.forward_range(maps[i].tensor, i, i + 1) : maps[i].tensor;
    predictions.push_back(prediction_.forward_range(features, i, i + 1));
  }
  return predictions;
}

PriorTargets SsdHead::assign(std::span<const Shape> predictions, std::span<const DetectionTargets> targets) const {
  require_prior_predictions(kSsd, predictions, scales_, std::ssize(targets));
  const MatcherOptions matcher{
      .background_below = options_.object_from, .object_from = options_.object_from, .keep_best = false, .claim_best = true};
  return assign_priors(kSsd, prior_boxes(predictions, scales_), targets, options_.classes, matcher);
}

std::vector<std::int64_t> SsdHead::hardest(const PriorTargets& assigned, const Tensor& losses, std::int64_t images) const {
  const std::vector<double> values = losses.to(DType::f64).to_vector<double>();
  const auto loss = [&](std::int64_t row) { return values[static_cast<std::size_t>(row)]; };
  const std::int64_t rows = images > 0 ? losses.numel() / images : 0;
  std::vector<std::int64_t> chosen;
  auto first = assigned.backgrounds.begin();
  for (std::int64_t image = 0; image < images; ++image) {
    const std::int64_t end = (image + 1) * rows;
    const auto positives = std::count_if(assigned.positives.begin(), assigned.positives.end(),
                                         [&](const PriorPositive& p) { return p.row >= image * rows && p.row < end; });
    const auto last = std::lower_bound(first, assigned.backgrounds.end(), end);
    std::vector<std::int64_t> of_image(first, last);
    std::stable_sort(of_image.begin(), of_image.end(), [&](std::int64_t a, std::int64_t b) { return loss(a) > loss(b); });
    const auto count = static_cast<std::size_t>(options_.negatives * static_cast<double>(positives));
    of_image.resize(std::min(of_image.size(), count));
    chosen.insert(chosen.end(), of_image.begin(), of_image.end());
    first = last;
  }
  return chosen;
}

LossMap SsdHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  const PriorTargets assigned = assign(shapes_of(predictions), targets);
  const PriorRows rows = prior_rows(predictions, scales_);
  std::vector<std::int64_t> labels(static_cast<std::size_t>(rows.scores.extent(0)), 0), counted;
  for (const PriorPositive& positive : assigned.positives) {
    labels[static_cast<std::size_t>(positive.row)] = positive.label + 1;
    counted.push_back(positive.row);
  }
  const Variable each = cross_entropy(rows.scores, Tensor::from(labels, {std::ssize(labels)}), {.reduction = Reduction::none});
  const std::vector<std::int64_t> negatives = hardest(assigned, each.value(), std::ssize(targets));
  counted.insert(counted.end(), negatives.begin(), negatives.end());
  // Without an object nothing counts, but the loss is still one of the predictions.
  const Variable classes = counted.empty() ? affine(sum(each), 0) : sum(chosen_rows(each, counted));
  const double share = 1 / static_cast<double>(std::max<std::size_t>(1, assigned.positives.size()));
  return {{"box", affine(prior_box_error(rows.deltas, assigned.positives, kSsdCode, kBeta), options_.box_weight * share)},
          {"class", affine(classes, share)}};
}

std::vector<Detections> SsdHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  const NoGradGuard no_grad;
  const std::vector<Variable> values(predictions.begin(), predictions.end());
  const std::vector<Shape> shapes = shapes_of(values);
  require_prior_predictions(kSsd, shapes, scales_);
  const PriorRows rows = prior_rows(values, scales_);
  return decode_prior_rows(rows.deltas.value(), softmax(rows.scores).value(), prior_boxes(shapes, scales_), kSsdCode, true, smallest_score);
}

}  // namespace fovea
