#include "fovea/classification/feature_classifier.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

FeatureClassifier::FeatureClassifier(std::unique_ptr<ImageFeatures> features) : features_(std::move(features)) {
  register_module("features", *features_);
}

Variable FeatureClassifier::forward(const Variable& images) {
  if (images.dtype() != DType::f32)
    throw ShapeError(fmt::format("[features] classifiers on features compute in f32, found images of {}", name_of(images.dtype())));
  return Variable(scores(features_->extract(images.value())));
}

}  // namespace fovea
