#include <algorithm>
#include <vector>

#include "fovea/classification/feature_classifier.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

ClassMeansClassifier::ClassMeansClassifier(const ClassMeansOptions& options)
    : FeatureClassifier(make_image_features(options.features, {options.height, options.width, options.channels})) {
  register_buffer("means", Tensor::zeros({options.classes, features().width()}), means_);
  register_buffer("variance", Tensor::full({}, 1), variance_);
}

void ClassMeansClassifier::learn(const Tensor& features, const Tensor& labels, std::uint64_t) {
  const std::int64_t count = features.extent(0), width = features.extent(1), classes = means_.extent(0);
  std::vector<double> sums(static_cast<std::size_t>(classes * width)), sizes(static_cast<std::size_t>(classes));
  const auto* const label = labels.data<std::int64_t>();
  const float* const values = features.data<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    sizes[static_cast<std::size_t>(label[i])] += 1;
    for (std::int64_t k = 0; k < width; ++k) sums[static_cast<std::size_t>(label[i] * width + k)] += values[i * width + k];
  }
  for (std::int64_t i = 0; i < classes * width; ++i)
    means_.mutable_data<float>()[i] =
        static_cast<float>(sums[static_cast<std::size_t>(i)] / std::max(1.0, sizes[static_cast<std::size_t>(i / width)]));
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < width; ++k) {
      const double difference = double{values[i * width + k]} - means_.data<float>()[label[i] * width + k];
      squares += difference * difference;
    }
  // Never 0, so that scores are finite: 1e-12 is far below what 8-bit images can differ by.
  variance_.fill_(std::max(squares / std::max<double>(1, static_cast<double>(count * width)), 1e-12));
}

Tensor ClassMeansClassifier::scores(const Tensor& features) const {
  Tensor scores = Tensor::empty({features.extent(0), means_.extent(0)});
  kernels::table().f32.distance.rows(kernels::Context::current(),
                                     {features.extent(0), means_.extent(0), features.extent(1), kernels::RowMetric::squared_l2},
                                     features.data<float>(), means_.data<float>(), scores.mutable_data<float>());
  const auto scale = static_cast<float>(-0.5 / variance_.item());
  float* const values = scores.mutable_data<float>();
  for (std::int64_t i = 0; i < scores.numel(); ++i) values[i] *= scale;
  return scores;
}

}  // namespace fovea
