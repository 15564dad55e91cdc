// Networks whose inner features others build on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// What is known of a feature map without an image.
struct FeatureMapShape {
  std::string name;           ///< of the network's part that makes it: "layer2"
  std::int64_t stride = 1;    ///< pixels of the image from one element to its neighbour
  std::int64_t channels = 0;  ///< of the last axis
  bool operator==(const FeatureMapShape&) const = default;
};

struct FeatureMap {
  FeatureMapShape shape;
  Variable tensor;  ///< [N, about H / stride, about W / stride, channels]
};

/// From fine to coarse.
using FeatureMaps = std::vector<FeatureMap>;

/// A classifier made of stages, each of which works at one resolution: [N,H,W,C] -> logits [N,classes]. Detectors and segmenters take the
/// results of the stages instead, and size themselves from output_shape(). A backbone for 0 classes has no classifier at all, so that
/// none of its parameters lies idle; its forward() then gives the mean of the last map, [N,channels].
class Backbone : public Layer {
 public:
  static constexpr std::int64_t kFinestStride = 4;  ///< maps of finer stages are large, and few ask for them

  Variable forward(const Variable& x) override;

  /// The last features of each stride from `finest` on. The map of a stage is taken before the next stage halves it;
  /// of stages that keep the resolution the last one's.
  FeatureMaps feature_maps(const Variable& x, std::int64_t finest = kFinestStride);
  /// What feature_maps() gives.
  std::vector<FeatureMapShape> output_shape(std::int64_t finest = kFinestStride) const;

 protected:
  /// Throws OptionError "[name] ..." for 1 class or less than 0. 0 means no classifier.
  Backbone(const char* name, std::int64_t classes);
  bool has_classifier() const { return has_classifier_; }

  void add_stage(FeatureMapShape shape) { stages_.push_back(std::move(shape)); }
  const std::vector<FeatureMapShape>& stages() const { return stages_; }
  /// From the result of the stage before, or the image, to that of this one.
  virtual Variable run_stage(std::size_t stage, const Variable& x) = 0;
  /// From the last stage's result to logits; called when there is a classifier.
  virtual Variable classify(const Variable& features) = 0;

 private:
  bool gives_map(std::size_t stage, std::int64_t finest) const;

  bool has_classifier_;
  std::vector<FeatureMapShape> stages_;
};

}  // namespace fovea
