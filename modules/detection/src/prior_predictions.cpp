#include "fovea/detection/prior_predictions.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/gather.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/autograd/ops/smooth_l1_loss.hpp"
#include "fovea/base/error.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/box_overlaps.hpp"

namespace fovea {

namespace {

/// The objects of an image that have an area.
DetectionTargets checked_objects(const char* op, const DetectionTargets& target, std::int64_t classes) {
  if (target.boxes.size() != target.labels.size())
    throw ShapeError(fmt::format("[{}] {} boxes need as many labels, found {}", op, target.boxes.size(), target.labels.size()));
  DetectionTargets objects;
  for (std::size_t i = 0; i < target.boxes.size(); ++i) {
    if (target.labels[i] < 0 || target.labels[i] >= classes)
      throw OptionError(fmt::format("[{}] a label is 0 to {}, found {}", op, classes - 1, target.labels[i]));
    if (!(target.boxes[i].area() > 0)) continue;
    objects.boxes.push_back(target.boxes[i]);
    objects.labels.push_back(target.labels[i]);
  }
  return objects;
}

}  // namespace

void require_prior_predictions(const char* op, std::span<const Shape> predictions, std::span<const PriorScale> scales,
                               std::int64_t images) {
  if (predictions.size() != scales.size())
    throw ShapeError(fmt::format("[{}] expected predictions of {} feature maps, found {}", op, scales.size(), predictions.size()));
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const Shape& shape = predictions[i];
    if (shape.rank() != 4 || shape.at(3) != scales[i].channels())
      throw ShapeError(
          fmt::format("[{}] expected predictions [N,H,W,{}] of feature map {} ({} anchors of 4 numbers and {} scores), found {}", op,
                      scales[i].channels(), i, scales[i].anchors.size(), scales[i].scores, shape.to_string()));
    if (shape.at(0) != predictions[0].at(0))
      throw ShapeError(fmt::format("[{}] the feature maps are of {} and of {} images", op, predictions[0].at(0), shape.at(0)));
    if (images >= 0 && shape.at(0) != images)
      throw ShapeError(fmt::format("[{}] {} images need as many lists of targets, found {}", op, shape.at(0), images));
  }
}

std::vector<Box> prior_boxes(std::span<const Shape> predictions, std::span<const PriorScale> scales) {
  std::vector<Box> all;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::vector<Box> of_map = grid_anchors(predictions[i].at(1), predictions[i].at(2), scales[i].stride, scales[i].anchors);
    all.insert(all.end(), of_map.begin(), of_map.end());
  }
  return all;
}

PriorRows prior_rows(std::span<const Variable> predictions, std::span<const PriorScale> scales) {
  std::vector<Variable> deltas, scores;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::int64_t images = predictions[i].extent(0), anchors = std::ssize(scales[i].anchors);
    const std::int64_t rows = predictions[i].extent(1) * predictions[i].extent(2) * anchors;
    const std::vector<Variable> parts = split(predictions[i], -1, {4 * anchors, scales[i].scores * anchors});
    deltas.push_back(reshape(parts[0], {images, rows, 4}));
    scores.push_back(reshape(parts[1], {images, rows, scales[i].scores}));
  }
  return {reshape(concat(deltas, 1), {-1, 4}), reshape(concat(scores, 1), {-1, scales.front().scores})};
}

PriorTargets assign_priors(const char* op, std::span<const Box> priors, std::span<const DetectionTargets> targets, std::int64_t classes,
                           const MatcherOptions& options) {
  PriorTargets assigned;
  std::int64_t row = 0;
  for (const DetectionTargets& target : targets) {
    const DetectionTargets objects = checked_objects(op, target, classes);
    const std::vector<std::int64_t> matches = match(overlaps(priors, objects.boxes), options);
    for (std::size_t i = 0; i < matches.size(); ++i, ++row) {
      if (matches[i] == kBackground) assigned.backgrounds.push_back(row);
      if (matches[i] < 0) continue;
      const auto object = static_cast<std::size_t>(matches[i]);
      assigned.positives.push_back({row, priors[i], objects.boxes[object], objects.labels[object]});
    }
  }
  return assigned;
}

Variable prior_box_error(const Variable& deltas, std::span<const PriorPositive> positives, const BoxCode& weights, double beta) {
  if (positives.empty()) return Variable(Tensor::zeros({}, deltas.dtype()));
  std::vector<double> wanted;
  std::vector<std::int64_t> places;
  for (const PriorPositive& positive : positives) {
    const BoxCode code = encode_deltas(positive.box, positive.prior, weights);
    wanted.insert(wanted.end(), {code.x, code.y, code.w, code.h});
    places.push_back(positive.row);
  }
  const Tensor target = Tensor::from(wanted, {std::ssize(positives), 4}).to(deltas.dtype());
  return smooth_l1_loss(chosen_rows(deltas, places), Variable(target), {.beta = beta, .reduction = Reduction::sum});
}

Variable chosen_rows(const Variable& rows, std::span<const std::int64_t> places) {
  if (places.empty()) return {};
  return index_select(rows, 0, Tensor::from(std::vector(places.begin(), places.end()), {std::ssize(places)}));
}

std::vector<Detections> decode_prior_rows(const Tensor& deltas, const Tensor& probabilities, std::span<const Box> priors,
                                          const BoxCode& weights, bool has_background, double smallest_score) {
  const std::int64_t scores = probabilities.extent(1), first = has_background ? 1 : 0;
  const std::size_t rows = static_cast<std::size_t>(probabilities.extent(0));
  const float *delta = deltas.data<float>(), *score = probabilities.data<float>();
  std::vector<Detections> found(priors.empty() ? 0 : rows / priors.size());
  for (std::size_t row = 0; row < rows; ++row, delta += 4, score += scores)
    for (std::int64_t i = first; i < scores; ++i) {
      if (!(score[i] >= smallest_score)) continue;
      const Box box = decode_deltas({delta[0], delta[1], delta[2], delta[3]}, priors[row % priors.size()], weights);
      found[row / priors.size()].push_back({.box = box, .score = score[i], .index = i - first});
    }
  return found;
}

}  // namespace fovea
