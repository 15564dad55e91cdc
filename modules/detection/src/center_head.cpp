#include "fovea/detection/center_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dense_assignment.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/prediction_conv.hpp"

namespace fovea {

namespace {

void add_branch(Sequential& branches, const CenterHeadOptions& o) {
  Sequential& branch = branches.emplace<Sequential>();
  for (std::int64_t layer = 0; layer < o.layers; ++layer) {
    branch.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.groups = o.depthwise ? o.channels : 1, .activation = o.activation});
    if (o.depthwise) branch.emplace<ConvNorm>(o.channels, o.channels, ConvNormOptions{.kernel = 1, .activation = o.activation});
  }
}

/// The map that an object of this size belongs to.
std::size_t level_of(double longer_side, std::span<const DenseScale> scales, double largest_sides) {
  std::size_t level = 0;
  while (level + 1 < scales.size() && longer_side > largest_sides * scales[level].stride) ++level;
  return level;
}

}  // namespace

CenterHead::CenterHead(const std::vector<FeatureMapShape>& inputs, const CenterHeadOptions& options) : options_(options) {
  if (inputs.empty()) throw OptionError("[center_head] there are no feature maps");
  if (options.classes < 1 || options.channels < 1 || options.layers < 0)
    throw OptionError(fmt::format("[center_head] expected at least 1 class, 1 channel and 0 layers, found {}, {} and {}", options.classes,
                                  options.channels, options.layers));
  register_module("stem", stem_);
  register_module("classes", classes_);
  register_module("boxes", boxes_);
  register_module("class_prediction", class_prediction_);
  register_module("box_prediction", box_prediction_);
  for (const FeatureMapShape& input : inputs) {
    const auto stride = static_cast<float>(input.stride);
    scales_.push_back({stride, {{stride, stride}}, options.classes, CenterCoding::linear});
    stem_.emplace<ConvNorm>(input.channels, options.channels, ConvNormOptions{.kernel = 1, .activation = options.activation});
    add_branch(classes_, options);
    add_branch(boxes_, options);
    class_prediction_.emplace<PredictionConv>(options.channels, options.classes, [](std::int64_t) { return logit_of(kPriorProbability); });
    // Centres begin in the middle of their cells.
    box_prediction_.emplace<PredictionConv>(options.channels, 5, [](std::int64_t channel) {
      return channel < 2 ? 0.5 : channel < 4 ? 0 : logit_of(kPriorProbability);
    });
  }
}

std::vector<Variable> CenterHead::forward(const FeatureMaps& maps) {
  if (maps.size() != scales_.size())
    throw ShapeError(fmt::format("[center_head] expected {} feature maps, found {}", scales_.size(), maps.size()));
  std::vector<Variable> predictions;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const Variable stem = stem_.forward_range(maps[i].tensor, i, i + 1);
    const Variable boxes = box_prediction_.forward_range(boxes_.forward_range(stem, i, i + 1), i, i + 1);
    const Variable classes = class_prediction_.forward_range(classes_.forward_range(stem, i, i + 1), i, i + 1);
    predictions.push_back(concat({boxes, classes}));
  }
  return predictions;
}

std::vector<DenseTargets> CenterHead::assign(std::span<const Shape> shapes, std::span<const DetectionTargets> targets) const {
  require_targets(shapes, scales_, targets);
  std::vector<RowClaims> claims(scales_.size());
  for (std::size_t image = 0; image < targets.size(); ++image)
    for (std::size_t object = 0; object < targets[image].boxes.size(); ++object) {
      const Box& box = targets[image].boxes[object];
      if (!(box.area() > 0)) continue;
      const std::size_t level = level_of(std::max(box.width(), box.height()), scales_, options_.largest_sides);
      const Shape& shape = shapes[level];
      const double stride = scales_[level].stride, reach = options_.radius * stride;
      const double center_x = (box.x1 + box.x2) / 2, center_y = (box.y1 + box.y2) / 2;
      const auto ask = [&](std::int64_t column, std::int64_t row) {
        const DensePlace place{static_cast<std::int64_t>(image), {column, row, scales_[level].stride}, 0};
        claims[level].ask(row_of(place, shape, scales_[level]), -box.area(), box, targets[image].labels[object]);
      };
      const auto first = [&](double center) {
        return std::max<std::int64_t>(0, static_cast<std::int64_t>((center - reach) / stride - 0.5));
      };
      for (std::int64_t row = first(center_y); row < shape.at(1) && (static_cast<double>(row) + 0.5) * stride < center_y + reach; ++row)
        for (std::int64_t column = first(center_x); column < shape.at(2); ++column) {
          const double x = (static_cast<double>(column) + 0.5) * stride, y = (static_cast<double>(row) + 0.5) * stride;
          if (x >= center_x + reach) break;
          const bool is_near = std::abs(x - center_x) < reach && std::abs(y - center_y) < reach;
          if (is_near && x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2) ask(column, row);
        }
      if (GridCell cell; find_cell(static_cast<float>(center_x), static_cast<float>(center_y), shape, scales_[level].stride, cell))
        ask(cell.column, cell.row);
    }
  std::vector<DenseTargets> assigned;
  for (const RowClaims& claim : claims) assigned.push_back({claim.positives(), {}});
  return assigned;
}

LossMap CenterHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  return dense_loss(predictions, scales_, assign(shapes_of(predictions), targets), options_.loss);
}

std::vector<Detections> CenterHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  return decode_scales(predictions, scales_, smallest_score);
}

}  // namespace fovea
