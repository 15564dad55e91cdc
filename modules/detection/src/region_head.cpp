#include "fovea/detection/region_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dense_assignment.hpp"
#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/gather.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/decode_yolo.hpp"
#include "fovea/detection/prediction_conv.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kObject = 4, kFirstClass = 5;  // after x y w h
constexpr double kOnlyTheBest = 2;                    // a likeness that no anchor has

Variable constant(const std::vector<double>& values, const Shape& shape, DType dtype) {
  return Variable(Tensor::from(values, shape).to(dtype));
}

/// Half the sum of weighted squares.
Variable half_squares(const Variable& error, const Variable& weights) { return affine(sum(error * error * weights), 0.5); }

/// What the positives' boxes are to be, and how much each weighs.
struct BoxPlanes {
  std::vector<double> wanted, weights;  // [P, 4]

  BoxPlanes(std::span<const DensePositive> positives, const Shape& shape, const DenseScale& scale) {
    const double image = static_cast<double>(shape.at(1) * shape.at(2)) * scale.stride * scale.stride;
    for (const DensePositive& p : positives) {
      const DensePlace place = place_of_row(p.row, shape, scale);
      const AnchorSize& anchor = scale.anchors[static_cast<std::size_t>(place.anchor)];
      wanted.insert(wanted.end(), {(p.box.x1 + p.box.x2) / 2 / scale.stride - static_cast<double>(place.cell.column),
                                   (p.box.y1 + p.box.y2) / 2 / scale.stride - static_cast<double>(place.cell.row),
                                   std::log(p.box.width() / anchor.width), std::log(p.box.height() / anchor.height)});
      weights.insert(weights.end(), 4, 2 - std::min(1.0, p.box.area() / image));
    }
  }
};

}  // namespace

RegionHead::RegionHead(const std::vector<FeatureMapShape>& inputs, const RegionHeadOptions& options)
    : options_(options), maps_(inputs.size()) {
  if (inputs.empty()) throw OptionError("[region_head] there are no feature maps");
  if (options.classes < 1 || options.anchors.empty())
    throw OptionError(
        fmt::format("[region_head] expected at least 1 class and 1 anchor, found {} and {}", options.classes, options.anchors.size()));
  if (options.layers < 0 || (options.layers > 0 && options.channels < 1))
    throw OptionError(fmt::format("[region_head] {} layers cannot have {} channels", options.layers, options.channels));
  scale_ = {static_cast<float>(inputs.back().stride), options.anchors, options.classes, CenterCoding::sigmoid};
  register_module("stem", stem_);
  register_module("prediction", prediction_);
  std::int64_t channels = inputs.back().channels;
  for (std::int64_t layer = 0; layer < options.layers; ++layer) {
    stem_.emplace<ConvNorm>(channels, options.channels, ConvNormOptions{.activation = options.activation});
    channels = options.channels;
  }
  prediction_.emplace<PredictionConv>(channels, scale_.channels(), [](std::int64_t) { return 0; });
}

std::vector<Variable> RegionHead::forward(const FeatureMaps& maps) {
  if (maps.size() != maps_) throw ShapeError(fmt::format("[region_head] expected {} feature maps, found {}", maps_, maps.size()));
  return {prediction_(stem_(maps.back().tensor))};
}

RegionTargets RegionHead::assign(const Tensor& predictions, std::span<const DetectionTargets> targets) const {
  const std::array shapes = {predictions.shape()};
  const std::span<const DenseScale> scales(&scale_, 1);
  require_targets(shapes, scales, targets);
  RegionTargets assigned;
  assigned.rows.positives = claim_anchors(shapes, scales, targets, kOnlyTheBest).front().positives();
  assigned.rows.ignored = rows_like_objects(predictions, scale_, targets, options_.ignore_above);
  const Tensor single = predictions.to(DType::f32);
  for (const DensePositive& positive : assigned.rows.positives) {
    const DensePlace place = place_of_row(positive.row, shapes[0], scale_);
    const Box now = decode_dense_box(single.data<float>() + positive.row * scale_.numbers(), place.cell,
                                     scale_.anchors[static_cast<std::size_t>(place.anchor)], scale_.coding);
    assigned.overlaps.push_back(iou(now, positive.box));
  }
  return assigned;
}

LossMap RegionHead::loss(const Variable& predictions, const RegionTargets& targets) const {
  const Variable all_rows = reshape(predictions, {-1, scale_.numbers()});
  const DType dtype = predictions.dtype();
  const std::int64_t count = all_rows.extent(0), positives = std::ssize(targets.rows.positives);
  std::vector<double> empty(static_cast<std::size_t>(count), 1);
  for (const std::int64_t row : targets.rows.ignored) empty[static_cast<std::size_t>(row)] = 0;
  std::vector<std::int64_t> places, labels;
  for (const DensePositive& positive : targets.rows.positives) {
    empty[static_cast<std::size_t>(positive.row)] = 0;
    places.push_back(positive.row);
    labels.push_back(positive.label);
  }
  const auto objectness = [](const Variable& rows) { return sigmoid(slice(rows, 1, kObject, kObject + 1)); };
  const Variable nothing(Tensor::zeros({}, dtype));
  Variable box = nothing, object = nothing, classes = nothing;
  if (positives > 0) {
    const Variable rows = index_select(all_rows, 0, Tensor::from(places, {positives}));
    const BoxPlanes planes(targets.rows.positives, predictions.shape(), scale_);
    const Variable boxes = concat({sigmoid(slice(rows, 1, 0, 2)), slice(rows, 1, 2, 4)});
    box = half_squares(boxes - constant(planes.wanted, {positives, 4}, dtype), constant(planes.weights, {positives, 4}, dtype));
    object = half_squares(objectness(rows) - constant(targets.overlaps, {positives, 1}, dtype), Variable(Tensor::full({1}, 1, dtype)));
    classes =
        cross_entropy(slice(rows, 1, kFirstClass, scale_.numbers()), Tensor::from(labels, {positives}), {.reduction = Reduction::sum});
  }
  const Variable no_object = half_squares(objectness(all_rows), constant(empty, {count, 1}, dtype));
  const double share = 1 / static_cast<double>(std::max<std::int64_t>(1, predictions.extent(0)));
  return {{"box", affine(box, options_.box_weight * share)},
          {"object", affine(object, options_.object_weight * share)},
          {"no_object", affine(no_object, options_.no_object_weight * share)},
          {"class", affine(classes, options_.class_weight * share)}};
}

LossMap RegionHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  if (predictions.size() != 1)
    throw ShapeError(fmt::format("[region_head] expected 1 tensor of predictions, found {}", predictions.size()));
  return loss(predictions[0], assign(predictions[0].value(), targets));
}

std::vector<Detections> RegionHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  if (predictions.size() != 1)
    throw ShapeError(fmt::format("[region_head] expected 1 tensor of predictions, found {}", predictions.size()));
  const Shape shape = predictions[0].shape();
  RegionHeadLayout layout{.anchors = {}, .classes = options_.classes};
  for (const AnchorSize& anchor : scale_.anchors) layout.anchors.emplace_back(anchor.width / scale_.stride, anchor.height / scale_.stride);
  std::vector<Detections> found;
  if (shape.rank() == 4) found.resize(static_cast<std::size_t>(shape.at(0)));
  for (std::size_t image = 0; image < found.size(); ++image) {
    const cv::Size2f input(static_cast<float>(shape.at(2)) * scale_.stride, static_cast<float>(shape.at(1)) * scale_.stride);
    decode_region(predictions[0], layout, {.image = static_cast<std::int64_t>(image), .input = input, .confidence = smallest_score},
                  found[image]);
  }
  return found;
}

}  // namespace fovea
