#include "dense_assignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/box_overlaps.hpp"

namespace fovea {

void require_targets(std::span<const Shape> predictions, std::span<const DenseScale> scales, std::span<const DetectionTargets> targets) {
  if (predictions.size() != scales.size())
    throw ShapeError(fmt::format("[detection_head] expected predictions of {} feature maps, found {}", scales.size(), predictions.size()));
  for (std::size_t i = 0; i < scales.size(); ++i)
    if (predictions[i].rank() != 4 || predictions[i].at(0) != std::ssize(targets) || predictions[i].at(3) != scales[i].channels())
      throw ShapeError(fmt::format("[detection_head] expected predictions [{},H,W,{}] of feature map {}, found {}", targets.size(),
                                   scales[i].channels(), i, predictions[i].to_string()));
  for (const DetectionTargets& target : targets) {
    if (target.boxes.size() != target.labels.size())
      throw ShapeError(fmt::format("[detection_head] {} boxes need as many labels, found {}", target.boxes.size(), target.labels.size()));
    for (const std::int64_t label : target.labels)
      if (label < 0 || label >= scales.front().classes)
        throw OptionError(fmt::format("[detection_head] a label is 0 to {}, found {}", scales.front().classes - 1, label));
  }
}

bool find_cell(float x, float y, const Shape& predictions, float stride, GridCell& cell) {
  const double column = std::floor(x / stride), row = std::floor(y / stride);
  if (!(column >= 0 && row >= 0 && column < static_cast<double>(predictions.at(2)) && row < static_cast<double>(predictions.at(1))))
    return false;
  cell = {static_cast<std::int64_t>(column), static_cast<std::int64_t>(row), stride};
  return true;
}

std::vector<RowClaims> claim_anchors(std::span<const Shape> shapes, std::span<const DenseScale> scales,
                                     std::span<const DetectionTargets> targets, double also_from) {
  std::vector<RowClaims> claims(scales.size());
  for (std::size_t image = 0; image < targets.size(); ++image)
    for (std::size_t object = 0; object < targets[image].boxes.size(); ++object) {
      const Box& box = targets[image].boxes[object];
      const AnchorSize size{box.width(), box.height()};
      double best = 0;
      for (const DenseScale& scale : scales)
        for (const AnchorSize& anchor : scale.anchors) best = std::max(best, shape_iou(size, anchor));
      if (best <= 0) continue;  // without area
      const double enough = std::min(best, also_from);
      for (std::size_t i = 0; i < scales.size(); ++i) {
        DensePlace place{.image = static_cast<std::int64_t>(image)};
        if (!find_cell((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, shapes[i], scales[i].stride, place.cell)) continue;
        for (; place.anchor < std::ssize(scales[i].anchors); ++place.anchor)
          if (const double likeness = shape_iou(size, scales[i].anchors[static_cast<std::size_t>(place.anchor)]); likeness >= enough)
            claims[i].ask(row_of(place, shapes[i], scales[i]), likeness, box, targets[image].labels[object]);
      }
    }
  return claims;
}

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

}  // namespace fovea
