#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/random.hpp"
#include "fovea/classification/feature_classifier.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/schedule.hpp"

namespace fovea {

namespace {

/// Rows of a matrix or entries of a vector, in the given order.
template <class T>
Tensor rows_of(const Tensor& from, std::span<const std::int64_t> rows) {
  const std::int64_t width = from.rank() == 1 ? 1 : from.extent(1), count = static_cast<std::int64_t>(rows.size());
  Tensor to = Tensor::empty(from.rank() == 1 ? Shape{count} : Shape{count, width}, from.dtype());
  for (std::int64_t i = 0; i < count; ++i)
    std::copy_n(from.data<T>() + rows[static_cast<std::size_t>(i)] * width, width, to.mutable_data<T>() + i * width);
  return to;
}

/// Mean and deviation of every column; a constant one has deviation 1.
void measure_columns(const Tensor& rows, Tensor& mean, Tensor& deviation) {
  const std::int64_t count = rows.extent(0), width = rows.extent(1);
  std::vector<double> sums(static_cast<std::size_t>(width)), squares(static_cast<std::size_t>(width));
  const float* const values = rows.data<float>();
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < width; ++k) sums[static_cast<std::size_t>(k)] += values[i * width + k];
  for (double& sum : sums) sum /= static_cast<double>(count);
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < width; ++k) {
      const double difference = values[i * width + k] - sums[static_cast<std::size_t>(k)];
      squares[static_cast<std::size_t>(k)] += difference * difference;
    }
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const double found = std::sqrt(squares[k] / static_cast<double>(count));
    mean.mutable_data<float>()[k] = static_cast<float>(sums[k]);
    deviation.mutable_data<float>()[k] = static_cast<float>(found > 1e-6 ? found : 1);
  }
}

}  // namespace

LinearFeatureClassifier::LinearFeatureClassifier(const LinearClassifierOptions& options)
    : FeatureClassifier(make_image_features(options.features, {options.height, options.width, options.channels})), options_(options) {
  if (options.epochs < 1 || options.batch < 1)
    throw OptionError(fmt::format("[linear] epochs and batch are at least 1, found {} and {}", options.epochs, options.batch));
  const std::int64_t width = features().width();
  register_parameter("weight", Tensor::zeros({options.classes, width}), weight_);
  register_parameter("bias", Tensor::zeros({options.classes}), bias_);
  register_buffer("mean", Tensor::zeros({width}), mean_);
  register_buffer("deviation", Tensor::full({width}, 1), deviation_);
}

Tensor LinearFeatureClassifier::standardized(const Tensor& features) const {
  Tensor result = Tensor::empty(features.shape());
  const std::int64_t width = features.extent(1);
  const float *const from = features.data<float>(), *const mean = mean_.data<float>(), *const deviation = deviation_.data<float>();
  float* const to = result.mutable_data<float>();
  parallel_for(kernels::Context::current().threads(), features.extent(0), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      for (std::int64_t k = 0; k < width; ++k) to[i * width + k] = (from[i * width + k] - mean[k]) / deviation[k];
  });
  return result;
}

/// From zero weights: the loss is convex, and the order of the batches is all that the seed decides.
void LinearFeatureClassifier::learn(const Tensor& features, const Tensor& labels, std::uint64_t seed) {
  measure_columns(features, mean_, deviation_);
  const Tensor inputs = standardized(features);
  const std::int64_t count = features.extent(0), steps = (count + options_.batch - 1) / options_.batch;
  AdamW optimizer({{"weight", weight_, {}}, {"bias", bias_, {}}}, {.weight_decay = options_.weight_decay});
  const Schedule schedule({.learning_rate = options_.learning_rate, .total_steps = options_.epochs * steps});
  for (std::int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
    const std::vector<std::int64_t> order = random_permutation(count, RandomStream(seed, static_cast<std::uint64_t>(epoch), 0x6c69));
    for (std::int64_t step = 0; step < steps; ++step) {
      const auto begin = static_cast<std::size_t>(step * options_.batch);
      const auto rows = std::span(order).subspan(begin, std::min(order.size() - begin, static_cast<std::size_t>(options_.batch)));
      const Variable scores = linear(Variable(rows_of<float>(inputs, rows)), weight_, bias_);
      optimizer.clear_grad();
      backward(cross_entropy(scores, rows_of<std::int64_t>(labels, rows)));
      optimizer.step(schedule.rate(epoch * steps + step));
    }
  }
}

Tensor LinearFeatureClassifier::scores(const Tensor& features) const {
  const NoGradGuard no_grad;
  return linear(Variable(standardized(features)), weight_, bias_).value();
}

}  // namespace fovea
