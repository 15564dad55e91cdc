#include "fovea/detection/grid_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dense_assignment.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/prediction_conv.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kBoxNumbers = 5, kConfidence = 4;

double corner_distance(const Box& a, const Box& b) {
  return std::abs(a.x1 - b.x1) + std::abs(a.y1 - b.y1) + std::abs(a.x2 - b.x2) + std::abs(a.y2 - b.y2);
}

/// What is wanted of each number, and its weight in each term.
struct Planes {
  std::vector<double> wanted, box, object, no_object, classes;

  explicit Planes(std::size_t count) : wanted(count), box(count), object(count), no_object(count), classes(count) {}

  /// `first`: place of the box's numbers.
  void want_box(std::size_t first, const std::array<double, 4>& code, double confidence) {
    for (std::size_t i = 0; i < code.size(); ++i) {
      wanted[first + i] = code[i];
      box[first + i] = 1;
    }
    wanted[first + kConfidence] = confidence;
    object[first + kConfidence] = 1;
    no_object[first + kConfidence] = 0;
  }
  void want_class(std::size_t first, std::int64_t count, std::int64_t label) {
    std::fill_n(classes.begin() + static_cast<std::ptrdiff_t>(first), count, 1.0);
    wanted[first + static_cast<std::size_t>(label)] = 1;
  }
  GridTargets tensors(const Shape& shape, DType dtype) const {
    const auto tensor = [&](const std::vector<double>& values) { return Tensor::from(values, shape).to(dtype); };
    return {tensor(wanted),
            {{"box", tensor(box)}, {"object", tensor(object)}, {"no_object", tensor(no_object)}, {"class", tensor(classes)}}};
  }
};

Variable weighted_squares(const Variable& error, const Tensor& weights, double factor) {
  return affine(sum(error * error * Variable(weights)), factor);
}

}  // namespace

GridHead::GridHead(const std::vector<FeatureMapShape>& inputs, const GridHeadOptions& options) : options_(options), maps_(inputs.size()) {
  if (inputs.empty()) throw OptionError("[grid_head] there are no feature maps");
  if (options.classes < 1 || options.boxes < 1)
    throw OptionError(fmt::format("[grid_head] expected at least 1 class and 1 box, found {} and {}", options.classes, options.boxes));
  const FeatureMapShape& input = inputs.back();
  stride_ = static_cast<float>(input.stride);
  register_module("stem", stem_);
  register_module("prediction", prediction_);
  if (options.channels > 0) stem_.emplace<ConvNorm>(input.channels, options.channels, ConvNormOptions{.activation = options.activation});
  // Boxes begin in the middle of their cells, a quarter of the image wide.
  prediction_.emplace<PredictionConv>(options.channels > 0 ? options.channels : input.channels, numbers(),
                                      [boxes = options.boxes](std::int64_t channel) {
                                        return channel < boxes * kBoxNumbers && channel % kBoxNumbers < kConfidence ? 0.5 : 0;
                                      });
}

std::vector<Variable> GridHead::forward(const FeatureMaps& maps) {
  if (maps.size() != maps_) throw ShapeError(fmt::format("[grid_head] expected {} feature maps, found {}", maps_, maps.size()));
  return {prediction_(stem_(maps.back().tensor))};
}

void GridHead::require_predictions(const Shape& shape) const {
  if (shape.rank() != 4 || shape.at(3) != numbers())
    throw ShapeError(fmt::format("[grid_head] expected predictions [N,H,W,{}], found {}", numbers(), shape.to_string()));
}

Box GridHead::box_at(const double* number, std::int64_t row, std::int64_t column, const Shape& shape) const {
  const double x = (static_cast<double>(column) + number[0]) * stride_, y = (static_cast<double>(row) + number[1]) * stride_;
  const double width = number[2] * number[2] * static_cast<double>(shape.at(2)) * stride_;
  const double height = number[3] * number[3] * static_cast<double>(shape.at(1)) * stride_;
  return {static_cast<float>(x - width / 2), static_cast<float>(y - height / 2), static_cast<float>(x + width / 2),
          static_cast<float>(y + height / 2)};
}

GridTargets GridHead::assign(const Tensor& predictions, std::span<const DetectionTargets> targets) const {
  const Shape shape = predictions.shape();
  require_predictions(shape);
  if (std::ssize(targets) != shape.at(0))
    throw ShapeError(fmt::format("[grid_head] {} images need as many lists of targets, found {}", shape.at(0), targets.size()));
  const std::vector<double> now = predictions.to(DType::f64).to_vector<double>();
  Planes planes(now.size());
  const std::int64_t cells = predictions.numel() / numbers();
  for (std::int64_t cell = 0; cell < cells; ++cell)
    for (std::int64_t b = 0; b < options_.boxes; ++b)
      planes.no_object[static_cast<std::size_t>(cell * numbers() + b * kBoxNumbers + kConfidence)] = 1;
  std::vector<char> taken(static_cast<std::size_t>(cells));
  for (std::int64_t image = 0; image < shape.at(0); ++image) {
    const DetectionTargets& target = targets[static_cast<std::size_t>(image)];
    for (std::size_t i = 0; i < target.boxes.size(); ++i) {
      const Box& truth = target.boxes[i];
      if (target.labels[i] < 0 || target.labels[i] >= options_.classes)
        throw OptionError(fmt::format("[grid_head] a label is 0 to {}, found {}", options_.classes - 1, target.labels[i]));
      GridCell place;
      if (!(truth.area() > 0) || !find_cell((truth.x1 + truth.x2) / 2, (truth.y1 + truth.y2) / 2, shape, stride_, place)) continue;
      const std::int64_t cell = (image * shape.at(1) + place.row) * shape.at(2) + place.column;
      if (taken[static_cast<std::size_t>(cell)]++ != 0) continue;
      const Responsible responsible = choose_box(now.data() + cell * numbers(), place, truth, shape);
      const auto first = static_cast<std::size_t>(cell * numbers());
      planes.want_box(first + static_cast<std::size_t>(responsible.box * kBoxNumbers), encode(truth, place, shape), responsible.iou);
      planes.want_class(first + static_cast<std::size_t>(options_.boxes * kBoxNumbers), options_.classes, target.labels[i]);
    }
  }
  return planes.tensors(shape, predictions.dtype());
}

/// Of the boxes that a cell predicts now, the one that is to find the object.
GridHead::Responsible GridHead::choose_box(const double* numbers, const GridCell& place, const Box& truth, const Shape& shape) const {
  Responsible best;
  for (std::int64_t b = 0; b < options_.boxes; ++b) {
    const Box predicted = box_at(numbers + b * kBoxNumbers, place.row, place.column, shape);
    const Responsible candidate{b, iou(predicted, truth), corner_distance(predicted, truth)};
    if (candidate.iou > best.iou || (candidate.iou == best.iou && candidate.distance < best.distance)) best = candidate;
  }
  return best;
}

/// The inverse of box_at().
std::array<double, 4> GridHead::encode(const Box& box, const GridCell& place, const Shape& shape) const {
  return {(box.x1 + box.x2) / 2 / stride_ - static_cast<double>(place.column),
          (box.y1 + box.y2) / 2 / stride_ - static_cast<double>(place.row),
          std::sqrt(box.width() / (static_cast<double>(shape.at(2)) * stride_)),
          std::sqrt(box.height() / (static_cast<double>(shape.at(1)) * stride_))};
}

LossMap GridHead::loss(const Variable& predictions, const GridTargets& targets) const {
  const Variable error = predictions - Variable(targets.wanted);
  const double share = 1 / static_cast<double>(std::max<std::int64_t>(1, predictions.extent(0)));
  LossMap terms;
  for (const auto& [name, weights] : targets.weights) {
    const double weight = name == "box" ? options_.box_weight : name == "no_object" ? options_.no_object_weight : 1;
    terms.emplace_back(name, weighted_squares(error, weights, weight * share));
  }
  return terms;
}

LossMap GridHead::loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const {
  if (predictions.size() != 1) throw ShapeError(fmt::format("[grid_head] expected 1 tensor of predictions, found {}", predictions.size()));
  return loss(predictions[0], assign(predictions[0].value(), targets));
}

std::vector<Detections> GridHead::decode(std::span<const Tensor> predictions, double smallest_score) const {
  if (predictions.size() != 1) throw ShapeError(fmt::format("[grid_head] expected 1 tensor of predictions, found {}", predictions.size()));
  const Shape shape = predictions[0].shape();
  require_predictions(shape);
  const std::vector<double> values = predictions[0].to(DType::f64).to_vector<double>();
  std::vector<Detections> found(static_cast<std::size_t>(shape.at(0)));
  for (std::int64_t cell = 0; cell < predictions[0].numel() / numbers(); ++cell) {
    const double* const number = values.data() + cell * numbers();
    const std::int64_t column = cell % shape.at(2), row = cell / shape.at(2) % shape.at(1), image = cell / (shape.at(1) * shape.at(2));
    for (std::int64_t b = 0; b < options_.boxes; ++b)
      for (std::int64_t label = 0; label < options_.classes; ++label) {
        const double confidence = std::max(0.0, number[b * kBoxNumbers + kConfidence]);
        const double score = confidence * std::max(0.0, number[options_.boxes * kBoxNumbers + label]);
        if (!(score >= smallest_score)) continue;
        found[static_cast<std::size_t>(image)].push_back({.box = box_at(number + b * kBoxNumbers, row, column, shape),
                                                          .score = static_cast<float>(std::clamp(score, 0.0, 1.0)),
                                                          .index = label});
      }
  }
  return found;
}

}  // namespace fovea
