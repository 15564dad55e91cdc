#include "fovea/detection/dense_predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/binary_cross_entropy.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/gather.hpp"
#include "fovea/autograd/ops/maths.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/probability.hpp"

namespace fovea {

namespace {

constexpr int kObject = 4, kFirstClass = 5;  // after x y w h

void require_layout(const Shape& shape, const DenseScale& scale) {
  if (shape.rank() != 4 || shape.at(3) != scale.channels())
    throw ShapeError(fmt::format("[detection_head] expected predictions [N,H,W,{}] ({} anchors of 5 numbers and {} classes), found {}",
                                 scale.channels(), scale.anchors.size(), scale.classes, shape.to_string()));
}

/// Row-major values of the predictions' type.
Variable constant(const std::vector<double>& values, const Shape& shape, DType dtype) {
  return Variable(Tensor::from(values, shape).to(dtype));
}

/// The boxes of the chosen rows [P, 5 + classes], as decode_grid() and decode_offsets() have them: [P, 4].
Variable decode_rows(const Variable& rows, std::span<const DensePositive> positives, const Shape& shape, const DenseScale& scale) {
  std::vector<double> corners, half_sizes;
  for (const DensePositive& positive : positives) {
    const DensePlace place = place_of_row(positive.row, shape, scale);
    const AnchorSize& anchor = scale.anchors[static_cast<std::size_t>(place.anchor)];
    corners.insert(corners.end(),
                   {static_cast<double>(place.cell.column) * scale.stride, static_cast<double>(place.cell.row) * scale.stride});
    half_sizes.insert(half_sizes.end(), {anchor.width / 2.0, anchor.height / 2.0});
  }
  const Shape pairs{std::ssize(positives), 2};
  Variable offset = slice(rows, 1, 0, 2);
  if (scale.coding == CenterCoding::sigmoid) offset = sigmoid(offset);
  const Variable center = affine(offset, scale.stride) + constant(corners, pairs, rows.dtype());
  const Variable half = exp(clamp(slice(rows, 1, 2, 4), -INFINITY, kLargestLogScale)) * constant(half_sizes, pairs, rows.dtype());
  return concat({center - half, center + half});
}

Variable box_term(const Variable& rows, const DenseTargets& targets, const Shape& shape, const DenseScale& scale, BoxOverlap overlap) {
  std::vector<double> corners;
  for (const DensePositive& p : targets.positives) corners.insert(corners.end(), {p.box.x1, p.box.y1, p.box.x2, p.box.y2});
  const Variable truth = constant(corners, {std::ssize(targets.positives), 4}, rows.dtype());
  return box_loss(decode_rows(rows, targets.positives, shape, scale), truth, {.overlap = overlap, .reduction = Reduction::sum});
}

Variable class_term(const Variable& rows, const DenseTargets& targets, const DenseScale& scale) {
  std::vector<double> wanted(targets.positives.size() * static_cast<std::size_t>(scale.classes), 0);
  for (std::size_t i = 0; i < targets.positives.size(); ++i)
    wanted[i * static_cast<std::size_t>(scale.classes) + static_cast<std::size_t>(targets.positives[i].label)] = 1;
  const Tensor labels = Tensor::from(wanted, {std::ssize(targets.positives), scale.classes}).to(rows.dtype());
  return binary_cross_entropy(slice(rows, 1, kFirstClass, scale.numbers()), labels, {.reduction = Reduction::sum});
}

Variable object_term(const Variable& all_rows, const DenseTargets& targets) {
  const std::int64_t count = all_rows.extent(0);
  std::vector<double> wanted(static_cast<std::size_t>(count), 0), weights(static_cast<std::size_t>(count), 1);
  for (const std::int64_t row : targets.ignored) weights[static_cast<std::size_t>(row)] = 0;
  for (const DensePositive& positive : targets.positives) {
    wanted[static_cast<std::size_t>(positive.row)] = 1;
    weights[static_cast<std::size_t>(positive.row)] = 1;
  }
  const Tensor labels = Tensor::from(wanted, {count, 1}).to(all_rows.dtype());
  const Variable each = binary_cross_entropy(slice(all_rows, 1, kObject, kObject + 1), labels, {.reduction = Reduction::none});
  return sum(each * constant(weights, {count, 1}, all_rows.dtype()));
}

Variable sum_of(const std::vector<Variable>& terms, double weight, DType dtype) {
  if (terms.empty()) return Variable(Tensor::zeros({}, dtype));
  Variable total = terms.front();
  for (std::size_t i = 1; i < terms.size(); ++i) total = std::move(total) + terms[i];
  return affine(total, weight);
}

}  // namespace

DensePlace place_of_row(std::int64_t row, const Shape& shape, const DenseScale& scale) {
  const std::int64_t anchors = std::ssize(scale.anchors), cell = row / anchors, columns = shape.at(2), rows = shape.at(1);
  return {.image = cell / (rows * columns),
          .cell = {.column = cell % columns, .row = cell / columns % rows, .stride = scale.stride},
          .anchor = row % anchors};
}

std::int64_t row_of(const DensePlace& place, const Shape& shape, const DenseScale& scale) {
  return ((place.image * shape.at(1) + place.cell.row) * shape.at(2) + place.cell.column) * std::ssize(scale.anchors) + place.anchor;
}

LossMap dense_loss(std::span<const Variable> predictions, std::span<const DenseScale> scales, std::span<const DenseTargets> targets,
                   const DenseLossOptions& options) {
  if (predictions.size() != scales.size() || targets.size() != scales.size())
    throw ShapeError(fmt::format("[detection_head] expected predictions and targets of {} feature maps, found {} and {}", scales.size(),
                                 predictions.size(), targets.size()));
  std::int64_t positives = 0;
  for (const DenseTargets& target : targets) positives += std::ssize(target.positives);
  std::vector<Variable> boxes, objects, classes;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const Shape shape = predictions[i].shape();
    require_layout(shape, scales[i]);
    const Variable all_rows = reshape(predictions[i], {-1, scales[i].numbers()});
    objects.push_back(object_term(all_rows, targets[i]));
    if (targets[i].positives.empty()) continue;
    std::vector<std::int64_t> places;
    for (const DensePositive& positive : targets[i].positives) places.push_back(positive.row);
    const Variable rows = index_select(all_rows, 0, Tensor::from(places, {std::ssize(places)}));
    boxes.push_back(box_term(rows, targets[i], shape, scales[i], options.overlap));
    classes.push_back(class_term(rows, targets[i], scales[i]));
  }
  const double share = 1 / static_cast<double>(std::max<std::int64_t>(positives, 1));
  const DType dtype = predictions.empty() ? DType::f32 : predictions.front().dtype();
  return {{"box", sum_of(boxes, options.box_weight * share, dtype)},
          {"object", sum_of(objects, options.object_weight * share, dtype)},
          {"class", sum_of(classes, options.class_weight * share, dtype)}};
}

Box decode_dense_box(const float* numbers, const GridCell& cell, const AnchorSize& anchor, CenterCoding coding) {
  const BoxCode code{numbers[0], numbers[1], numbers[2], numbers[3]};
  if (coding == CenterCoding::sigmoid) return decode_grid(code, cell, anchor);
  // Offsets are relative to the stride; the anchor takes its place for the size.
  const Box box = decode_offsets({code.x, code.y, code.w, code.h}, cell);
  const float x = (box.x1 + box.x2) / 2, y = (box.y1 + box.y2) / 2;
  const float half_width = box.width() / cell.stride * anchor.width / 2, half_height = box.height() / cell.stride * anchor.height / 2;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

std::vector<Detections> decode_dense(const Tensor& predictions, const DenseScale& scale, double smallest_score) {
  require_layout(predictions.shape(), scale);
  const Shape shape = predictions.shape();
  std::vector<Detections> found(static_cast<std::size_t>(shape.at(0)));
  const float* numbers = predictions.data<float>();
  const std::int64_t rows = predictions.numel() / scale.numbers();
  for (std::int64_t row = 0; row < rows; ++row, numbers += scale.numbers()) {
    const float object = sigmoid_of(numbers[kObject]);
    if (!(object >= smallest_score)) continue;  // no class can make it more
    const DensePlace place = place_of_row(row, shape, scale);
    const Box box = decode_dense_box(numbers, place.cell, scale.anchors[static_cast<std::size_t>(place.anchor)], scale.coding);
    for (std::int64_t label = 0; label < scale.classes; ++label)
      if (const float score = object * sigmoid_of(numbers[kFirstClass + label]); score >= smallest_score)
        found[static_cast<std::size_t>(place.image)].push_back({.box = box, .score = score, .index = label});
  }
  return found;
}

std::vector<Detections> decode_scales(std::span<const Tensor> predictions, std::span<const DenseScale> scales, double smallest_score) {
  if (predictions.size() != scales.size())
    throw ShapeError(fmt::format("[detection_head] expected predictions of {} feature maps, found {}", scales.size(), predictions.size()));
  std::vector<Detections> all;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    std::vector<Detections> of_scale = decode_dense(predictions[i], scales[i], smallest_score);
    if (i == 0) all.resize(of_scale.size());
    if (of_scale.size() != all.size())
      throw ShapeError(fmt::format("[detection_head] the feature maps are of {} and of {} images", all.size(), of_scale.size()));
    for (std::size_t image = 0; image < all.size(); ++image)
      all[image].insert(all[image].end(), of_scale[image].begin(), of_scale[image].end());
  }
  return all;
}

}  // namespace fovea
