#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/classification/feature_classifier.hpp"

namespace fovea {

KNearestClassifier::KNearestClassifier(const KNearestOptions& options)
    : FeatureClassifier(make_image_features(options.features, {options.height, options.width, options.channels})), options_(options) {
  if (options.k < 1 || options.k > options.samples)
    throw OptionError(fmt::format("[knn] k is from 1 to the {} training images, found {}", options.samples, options.k));
  register_buffer("data", Tensor::zeros({options.samples, features().width()}), data_);
  register_buffer("labels", Tensor::zeros({options.samples}, DType::i64), labels_);
}

void KNearestClassifier::learn(const Tensor& features, const Tensor& labels, std::uint64_t) {
  data_.copy_(features);
  labels_.copy_(labels);
}

Tensor KNearestClassifier::scores(const Tensor& features) const {
  const std::int64_t count = features.extent(0), classes = options_.classes, k = options_.k;
  const Neighbors neighbors = nearest_neighbors(features, data_, k, options_.metric);
  Tensor scores = Tensor::empty({count, classes});
  std::vector<double> votes;
  for (std::int64_t row = 0; row < count; ++row) {
    votes.assign(static_cast<std::size_t>(classes), 1.0 / static_cast<double>(classes));
    // A nearer image's vote counts for a little more: never for a vote, but it decides between equal numbers of them.
    for (std::int64_t rank = 0; rank < k; ++rank) {
      const std::int64_t label = labels_.data<std::int64_t>()[neighbors.indices.data<std::int64_t>()[row * k + rank]];
      votes[static_cast<std::size_t>(label)] += 1 + (rank == 0 ? 1e-3 : 0);
    }
    for (std::int64_t c = 0; c < classes; ++c)
      scores.mutable_data<float>()[row * classes + c] =
          static_cast<float>(std::log(votes[static_cast<std::size_t>(c)] / static_cast<double>(k + 1)));
  }
  return scores;
}

}  // namespace fovea
