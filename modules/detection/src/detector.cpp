#include "fovea/detection/detector.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

Variable total_loss(const LossMap& terms) {
  if (terms.empty()) throw ShapeError("[total_loss] there are no terms");
  Variable sum = terms.front().second;
  for (std::size_t i = 1; i < terms.size(); ++i) sum = std::move(sum) + terms[i].second;
  return sum;
}

std::vector<Tensor> values_of(std::span<const Variable> predictions) {
  std::vector<Tensor> values;
  for (const Variable& prediction : predictions) values.push_back(prediction.value());
  return values;
}

std::vector<Shape> shapes_of(std::span<const Variable> predictions) {
  std::vector<Shape> shapes;
  for (const Variable& prediction : predictions) shapes.push_back(prediction.shape());
  return shapes;
}

OneStageDetector::OneStageDetector(std::unique_ptr<Backbone> backbone, std::unique_ptr<Neck> neck, std::unique_ptr<DetectionHead> head,
                                   std::int64_t finest)
    : backbone_(std::move(backbone)), neck_(std::move(neck)), head_(std::move(head)), finest_(finest) {
  register_module("backbone", *backbone_);
  if (neck_ != nullptr) register_module("neck", *neck_);
  register_module("head", *head_);
}

std::vector<Variable> OneStageDetector::forward(const Variable& images) {
  FeatureMaps maps = backbone_->feature_maps(images, finest_);
  if (neck_ != nullptr) maps = neck_->forward(maps);
  std::vector<Variable> predictions = head_->forward(maps);
  for (Variable& prediction : predictions)
    if (prediction.dtype() == DType::bf16) prediction = cast(prediction, DType::f32);
  return predictions;
}

std::int64_t OneStageDetector::largest_stride() const {
  return (neck_ != nullptr ? neck_->output_shape() : backbone_->output_shape(finest_)).back().stride;
}

LossMap OneStageDetector::loss(const Variable& images, std::span<const DetectionTargets> targets) {
  if (std::ssize(targets) != images.extent(0))
    throw ShapeError(fmt::format("[detector] {} images need as many lists of targets, found {}", images.extent(0), targets.size()));
  return head_->loss(forward(images), targets);
}

std::vector<Detections> OneStageDetector::predict(const Tensor& images, double smallest_score) {
  const NoGradGuard no_grad;
  return head_->decode(values_of(forward(Variable(images))), smallest_score);
}

}  // namespace fovea
