// From a data set to a classifier on features, in one go.
#pragma once

#include "fovea/classification/feature_classifier.hpp"
#include "fovea/classification/image_batch.hpp"

namespace fovea {

/// Images that features are learnt from, at most: enough for 20,000 patches, and 100 MiB of 64x64 colour images.
inline constexpr std::int64_t kFeatureSample = 2000;

/// Lets the features learn from a seeded sample of `train`, takes the features of all its images, and lets the classifier learn from
/// those. All features are in memory at once: 4 bytes for each of images * features().width(). Augmentation is not used. The
/// result depends on the seed and the data alone. Throws OptionError when there are no images.
void fit_feature_classifier(FeatureClassifier& classifier, const ClassificationDataset& train, const ImageBatchOptions& options);

}  // namespace fovea
