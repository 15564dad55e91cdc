// Classifiers that learn from designed features at once, without back-propagation through layers: the baselines that a network has to beat.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fovea/classification/image_features.hpp"
#include "fovea/classification/nearest_neighbors.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// The scores of images are those of their features. As a Layer it serves wherever a network does: pipelines, evaluation, model files.
class FeatureClassifier : public Layer {
 public:
  /// Images [N,H,W,C] f32 (grey or RGB in [0, 1]) to scores [N, classes] f32, whose softmax are the probabilities. Not differentiable.
  Variable forward(const Variable& images) final;

  ImageFeatures& features() { return *features_; }
  /// Learns from all training images: features [M, D] f32, classes [M] i64 in [0, classes).
  virtual void learn(const Tensor& features, const Tensor& labels, std::uint64_t seed) = 0;

 protected:
  explicit FeatureClassifier(std::unique_ptr<ImageFeatures> features);

 private:
  virtual Tensor scores(const Tensor& features) const = 0;

  std::unique_ptr<ImageFeatures> features_;
};

/// What all of them want to know.
struct FeatureClassifierOptions {
  std::int64_t height = 32, width = 32, channels = 3, classes = 10;
  ImageFeaturesOptions features;
};

struct KNearestOptions : FeatureClassifierOptions {
  std::int64_t samples = 5;  ///< training images, which are all kept
  std::int64_t k = 5;
  NeighborMetric metric = NeighborMetric::l2;
};

/// The majority of the k nearest training images (Cover and Hart 1967); among classes with equally many votes the one with the nearest
/// image. The probability of a class is (votes + 1/classes) / (k + 1), so that a class without votes is unlikely, not impossible.
class KNearestClassifier final : public FeatureClassifier {
 public:
  /// Throws OptionError unless 1 <= k <= samples.
  explicit KNearestClassifier(const KNearestOptions& options);
  void learn(const Tensor& features, const Tensor& labels, std::uint64_t seed) override;

 private:
  Tensor scores(const Tensor& features) const override;

  KNearestOptions options_;
  Tensor data_;    // [samples, D]
  Tensor labels_;  // [samples] i64
};

struct ClassMeansOptions : FeatureClassifierOptions {};

/// The nearest class mean: score -|f - mean|^2 / (2 s^2), the log-likelihood of round Gaussians with the variance s^2 that features have
/// around their class's mean, averaged over classes and axes. With pixels the means are the class-mean images.
class ClassMeansClassifier final : public FeatureClassifier {
 public:
  explicit ClassMeansClassifier(const ClassMeansOptions& options);
  void learn(const Tensor& features, const Tensor& labels, std::uint64_t seed) override;
  /// [classes, D]
  const Tensor& means() const { return means_; }

 private:
  Tensor scores(const Tensor& features) const override;

  Tensor means_;
  Tensor variance_;  // []
};

struct LinearClassifierOptions : FeatureClassifierOptions {
  std::int64_t epochs = 30;
  std::int64_t batch = 256;
  double learning_rate = 1e-3;  ///< the peak of a cosine; AdamW
  double weight_decay = 1e-2;   ///< of AdamW
};

/// scores = W (f - mean) / deviation + b, with the training features' own mean and deviation per axis.
class LinearFeatureClassifier final : public FeatureClassifier {
 public:
  /// Throws OptionError unless epochs and batch are at least 1.
  explicit LinearFeatureClassifier(const LinearClassifierOptions& options);
  void learn(const Tensor& features, const Tensor& labels, std::uint64_t seed) override;

 private:
  Tensor scores(const Tensor& features) const override;
  Tensor standardized(const Tensor& features) const;

  LinearClassifierOptions options_;
  Variable weight_;  // [classes, D]
  Variable bias_;    // [classes]
  Tensor mean_, deviation_;
};

}  // namespace fovea
