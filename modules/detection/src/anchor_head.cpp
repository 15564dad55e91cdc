#include "fovea/detection/anchor_head.hpp"

#include <fmt/format.h>

#include "dense_assignment.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/box_overlaps.hpp"
#include "fovea/detection/prediction_conv.hpp"

namespace fovea {

namespace {

constexpr double kPrior = 0.01;  // of objectness and of every class, before training

/// Rows of one feature map that already predict a box much like an object.
std::vector<std::int64_t> rows_like_objects(const Tensor& predictions, const DenseScale& scale, std::span<const DetectionTargets> targets,
                                            double threshold) {
  const Tensor single = predictions.to(DType::f32);
  const std::int64_t rows_per_image = single.numel() / scale.numbers() / std::max<std::int64_t>(1, single.extent(0));
  std::vector<std::int64_t> ignored;
  for (std::int64_t image = 0; image < single.extent(0); ++image) {
    const DetectionTargets& target = targets[static_cast<std::size_t>(image)];
    if (target.boxes.empty()) continue;
    std::vector<Box> boxes;
    for (std::int64_t row = image * rows_per_image; row < (image + 1) * rows_per_image; ++row) {
      const DensePlace place = place_of_row(row, single.shape(), scale);
      boxes.push_back(decode_dense_box(single.data<float>() + row * scale.numbers(), place.cell,
                                       scale.anchors[static_cast<std::size_t>(place.anchor)], scale.coding));
    }
    const OverlapMatrix overlap = overlaps(boxes, target.boxes);
    for (std::int64_t row = 0; row < overlap.rows; ++row)
      for (std::int64_t object = 0; object < overlap.columns; ++object)
        if (overlap.at(row, object) > threshold) {
          ignored.push_back(image * rows_per_image + row);
          break;
        }
  }
  return ignored;
}

std::vector<Shape> shapes_of(std::span<const Tensor> tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

}  // namespace

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
        [numbers = scale.numbers()](std::int64_t channel) { return channel % numbers < 4 ? 0 : logit_of(kPrior); });
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
  std::vector<RowClaims> claims(scales_.size());
  for (std::size_t image = 0; image < targets.size(); ++image)
    for (std::size_t object = 0; object < targets[image].boxes.size(); ++object) {
      const Box& box = targets[image].boxes[object];
      const AnchorSize size{box.width(), box.height()};
      double best = 0;
      for (const DenseScale& scale : scales_)
        for (const AnchorSize& anchor : scale.anchors) best = std::max(best, shape_iou(size, anchor));
      if (best <= 0) continue;  // without area
      const double enough = std::min(best, options_.also_from);
      for (std::size_t i = 0; i < scales_.size(); ++i) {
        DensePlace place{.image = static_cast<std::int64_t>(image)};
        if (!find_cell((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, shapes[i], scales_[i].stride, place.cell)) continue;
        for (; place.anchor < std::ssize(scales_[i].anchors); ++place.anchor)
          if (const double likeness = shape_iou(size, scales_[i].anchors[static_cast<std::size_t>(place.anchor)]); likeness >= enough)
            claims[i].ask(row_of(place, shapes[i], scales_[i]), likeness, box, targets[image].labels[object]);
      }
    }
  std::vector<DenseTargets> assigned;
  for (std::size_t i = 0; i < scales_.size(); ++i)
    assigned.push_back({claims[i].positives(), rows_like_objects(predictions[i], scales_[i], targets, options_.ignore_above)});
  return assigned;
}

LossMap AnchorHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  std::vector<Tensor> values;
  for (const Variable& prediction : predictions) values.push_back(prediction.value());
  return dense_loss(predictions, scales_, assign(values, targets), options_.loss);
}

std::vector<Detections> AnchorHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  return decode_scales(predictions, scales_, smallest_score);
}

}  // namespace fovea
