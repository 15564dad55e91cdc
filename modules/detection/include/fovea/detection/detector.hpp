// Detectors are composed: backbone, neck, head.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fovea/detection/detections.hpp"
#include "fovea/models/backbone.hpp"
#include "fovea/models/feature_pyramid.hpp"

namespace fovea {

/// What is to be found in one image.
struct DetectionTargets {
  std::vector<Box> boxes;            ///< in pixels of the network's input
  std::vector<std::int64_t> labels;  ///< class of each
};

/// The terms of a loss by name, in the order in which logs show them; each is a scalar, weighted.
using LossMap = std::vector<std::pair<std::string, Variable>>;
/// Their sum. Throws ShapeError when there are none.
Variable total_loss(const LossMap& terms);

/// Makes predictions of feature maps. What forward() gives, one tensor [N,H,W,K] for each map, is all that loss() and decode() want:
/// engines that run a network elsewhere call decode() alone.
class DetectionHead : public Module {
 public:
  virtual std::vector<Variable> forward(const FeatureMaps& maps) = 0;
  /// The names of the loss's terms.
  virtual std::vector<std::string> loss_names() const = 0;
  /// Averaged over the images or the objects, as the head's paper has it.
  virtual LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const = 0;
  /// Candidates of each image in pixels of the network's input, those with at least `smallest_score`, in no particular order and not
  /// suppressed.
  virtual std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const = 0;
};

/// The values and the shapes of predictions.
std::vector<Tensor> values_of(std::span<const Variable> predictions);
std::vector<Shape> shapes_of(std::span<const Variable> predictions);

/// YOLO, SSD, RetinaNet: what the head sees are the backbone's maps, or what the neck makes of them. Children backbone, neck, head.
class OneStageDetector final : public Module {
 public:
  /// The maps of `backbone` with strides from `finest` on go to the neck, which may be null, and on to the head.
  OneStageDetector(std::unique_ptr<Backbone> backbone, std::unique_ptr<Neck> neck, std::unique_ptr<DetectionHead> head,
                   std::int64_t finest = Backbone::kFinestStride);

  /// images [N,H,W,C] -> the head's predictions, computed in the images' precision, in f32 at least.
  std::vector<Variable> forward(const Variable& images);
  /// The loss of a batch with the targets of each image. Throws ShapeError when their numbers differ.
  LossMap loss(const Variable& images, std::span<const DetectionTargets> targets);
  /// Candidates of each image (DetectionHead::decode). Nothing is recorded; the mode, training or evaluation, is the caller's to choose.
  std::vector<Detections> predict(const Tensor& images, double smallest_score);

  const DetectionHead& head() const { return *head_; }
  /// Pixels of the image from one cell of the coarsest map to its neighbour: what the sides of its input are best multiples of.
  std::int64_t largest_stride() const;

 private:
  std::unique_ptr<Backbone> backbone_;
  std::unique_ptr<Neck> neck_;
  std::unique_ptr<DetectionHead> head_;
  std::int64_t finest_;
};

}  // namespace fovea
