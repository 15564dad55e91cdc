#include "fovea/classification/fit_feature_classifier.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

namespace {

/// Calls body(batch) for the images with these numbers, in this order.
template <class Body>
void for_batches(const ClassificationDataset& dataset, std::vector<std::int64_t> order, ImageBatchOptions options, Body body) {
  options.augmentation = nullptr;
  const auto loader = load_batches(dataset, std::move(order), 0, options);
  for (std::int64_t batch = 0; batch < loader->batches(); ++batch) body(loader->next());
}

Tensor sample_of(const ClassificationDataset& dataset, const ImageBatchOptions& options) {
  std::vector<std::int64_t> order = random_permutation(dataset.size(), RandomStream(options.seed, 0x666974));
  order.resize(std::min(order.size(), static_cast<std::size_t>(kFeatureSample)));
  const Preprocessing& p = options.preprocessing;
  Tensor sample = Tensor::empty({static_cast<std::int64_t>(order.size()), p.height, p.width, p.channels});
  std::int64_t filled = 0;
  for_batches(dataset, std::move(order), options, [&](const ImageBatch& batch) {
    sample.slice(filled, filled + batch.images.extent(0)).copy_(batch.images);
    filled += batch.images.extent(0);
  });
  return sample;
}

}  // namespace

void fit_feature_classifier(FeatureClassifier& classifier, const ClassificationDataset& train, const ImageBatchOptions& options) {
  if (train.size() == 0) throw OptionError("the training split holds no images");
  ImageFeatures& features = classifier.features();
  features.fit(sample_of(train, options), options.seed);
  Tensor all = Tensor::empty({train.size(), features.width()}), labels = Tensor::empty({train.size()}, DType::i64);
  std::vector<std::int64_t> order(static_cast<std::size_t>(train.size()));
  std::iota(order.begin(), order.end(), 0);
  std::int64_t filled = 0;
  for_batches(train, std::move(order), options, [&](const ImageBatch& batch) {
    const std::int64_t end = filled + batch.images.extent(0);
    all.slice(filled, end).copy_(features.extract(batch.images));
    labels.slice(filled, end).copy_(batch.labels);
    filled = end;
  });
  classifier.learn(all, labels, options.seed);
}

}  // namespace fovea
