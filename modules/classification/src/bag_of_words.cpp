#include "bag_of_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <vector>

#include "fovea/autograd/ops/linear.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/random.hpp"
#include "fovea/classification/k_means.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

namespace {

// Coates et al., section 4: added to the variance of a patch of values in 0..255 (10), and to the eigenvalues of normalised patches.
constexpr double kPatchVariance = 10.0 / (255 * 255);
constexpr double kEigenvalueFloor = 0.1;
constexpr std::int64_t kImagesAtOnce = 16;

}  // namespace

BagOfWords::BagOfWords(const BagOfWordsOptions& options, const ImageShape& shape) : options_(options), shape_(shape) {
  for (const auto& [name, value] : {std::pair{"words", options.words},
                                    {"patch", options.patch},
                                    {"stride", options.stride},
                                    {"grid", options.grid},
                                    {"training patches", options.training_patches}})
    if (value < 1) throw OptionError(fmt::format("[bag_of_words] {}: at least 1, found {}", name, value));
  if (options.patch > std::min(shape.height, shape.width))
    throw OptionError(fmt::format("[bag_of_words] a patch of {0}x{0} pixels does not fit into an image of {1}x{2}", options.patch,
                                  shape.width, shape.height));
  if (options.training_patches < options.words)
    throw OptionError(
        fmt::format("[bag_of_words] {} words want at least as many training patches, found {}", options.words, options.training_patches));
  register_buffer("mean", Tensor::zeros({patch_size()}), mean_);
  register_buffer("whitening", Tensor::zeros({patch_size(), patch_size()}), whitening_);
  register_buffer("words", Tensor::zeros({options.words, patch_size()}), words_);
}

void BagOfWords::copy_patch(const float* image, std::int64_t y, std::int64_t x, float* patch) const {
  const std::int64_t row = options_.patch * shape_.channels, size = patch_size();
  for (std::int64_t i = 0; i < options_.patch; ++i)
    std::copy_n(image + ((y + i) * shape_.width + x) * shape_.channels, row, patch + i * row);
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += patch[i];
  const double mean = sum / static_cast<double>(size);
  for (std::int64_t i = 0; i < size; ++i) squares += (patch[i] - mean) * (patch[i] - mean);
  const double scale = 1 / std::sqrt(squares / static_cast<double>(size) + kPatchVariance);
  for (std::int64_t i = 0; i < size; ++i) patch[i] = static_cast<float>((patch[i] - mean) * scale);
}

/// mean = E[p]; W = V (D + floor)^-1/2 V^T of the covariance V D V^T.
void BagOfWords::learn_whitening(const Tensor& patches) {
  const auto rows = static_cast<int>(patches.extent(0)), size = static_cast<int>(patch_size());
  const cv::Mat samples(rows, size, CV_32F, const_cast<float*>(patches.data<float>()));  // only read
  cv::Mat covariance, mean, values, vectors;
  cv::calcCovarMatrix(samples, covariance, mean, cv::COVAR_NORMAL | cv::COVAR_ROWS | cv::COVAR_SCALE, CV_64F);
  cv::eigen(covariance, values, vectors);  // vectors in rows
  cv::Mat scaled = vectors.clone();
  for (int i = 0; i < size; ++i) scaled.row(i) *= 1 / std::sqrt(std::max(values.at<double>(i), 0.0) + kEigenvalueFloor);
  const cv::Mat whitening = vectors.t() * scaled;
  for (int i = 0; i < size; ++i) {
    mean_.mutable_data<float>()[i] = static_cast<float>(mean.at<double>(i));
    for (int j = 0; j < size; ++j) whitening_.mutable_data<float>()[i * size + j] = static_cast<float>(whitening.at<double>(i, j));
  }
}

Tensor BagOfWords::whitened(const Tensor& patches) const {
  Tensor centred = Tensor::empty(patches.shape());
  const std::int64_t size = patch_size();
  const float *const from = patches.data<float>(), *const mean = mean_.data<float>();
  float* const to = centred.mutable_data<float>();
  for (std::int64_t i = 0; i < patches.numel(); ++i) to[i] = from[i] - mean[i % size];
  const NoGradGuard no_grad;
  return linear(Variable(centred), Variable(whitening_)).value();  // W is symmetric
}

void BagOfWords::fit(const Tensor& images, std::uint64_t seed) {
  if (images.extent(0) < 1) throw OptionError("[bag_of_words] there are no images to learn from");
  RandomStream stream(seed, 0x776f);
  const std::int64_t pixels = shape_.height * shape_.width * shape_.channels;
  const auto below = [&](std::int64_t bound) { return static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(bound))); };
  Tensor patches = Tensor::empty({options_.training_patches, patch_size()});
  for (std::int64_t i = 0; i < options_.training_patches; ++i) {
    const std::int64_t image = below(images.extent(0)), y = below(shape_.height - options_.patch + 1),
                       x = below(shape_.width - options_.patch + 1);
    copy_patch(images.data<float>() + image * pixels, y, x, patches.mutable_data<float>() + i * patch_size());
  }
  learn_whitening(patches);
  words_.copy_(k_means(whitened(patches), {.clusters = options_.words, .iterations = 20, .seed = seed}).centers);
}

/// Of one image: squared distances of its patches to the words.
void BagOfWords::add_words(const float* distances, float* features) const {
  const std::int64_t words = options_.words;
  std::vector<float> z(static_cast<std::size_t>(words));
  for (std::int64_t row = 0; row < patch_rows(); ++row)
    for (std::int64_t column = 0; column < patch_columns(); ++column) {
      const float* const squares = distances + (row * patch_columns() + column) * words;
      double sum = 0;
      for (std::int64_t k = 0; k < words; ++k) sum += z[static_cast<std::size_t>(k)] = std::sqrt(squares[k]);
      const auto mean = static_cast<float>(sum / static_cast<double>(words));
      const std::int64_t region = row * options_.grid / patch_rows() * options_.grid + column * options_.grid / patch_columns();
      float* const out = features + region * words;
      for (std::int64_t k = 0; k < words; ++k) out[k] += std::max(0.f, mean - z[static_cast<std::size_t>(k)]);
    }
}

Tensor BagOfWords::extract(const Tensor& images) const {
  const std::int64_t count = images.extent(0), pixels = shape_.height * shape_.width * shape_.channels;
  const std::int64_t per_image = patch_rows() * patch_columns();
  Tensor features = Tensor::zeros({count, width()});
  float* const out = features.mutable_data<float>();
  kernels::Context& context = kernels::Context::current();
  for (std::int64_t first = 0; first < count; first += kImagesAtOnce) {
    const std::int64_t some = std::min(kImagesAtOnce, count - first);
    Tensor patches = Tensor::empty({some * per_image, patch_size()});
    float* const to = patches.mutable_data<float>();
    parallel_for(context.threads(), some, 1, [&](std::int64_t i, std::int64_t) {
      for (std::int64_t p = 0; p < per_image; ++p)
        copy_patch(images.data<float>() + (first + i) * pixels, p / patch_columns() * options_.stride,
                   p % patch_columns() * options_.stride, to + (i * per_image + p) * patch_size());
    });
    const Tensor white = whitened(patches);
    Tensor distances = Tensor::empty({some * per_image, options_.words});
    kernels::table().f32.distance.rows(context, {some * per_image, options_.words, patch_size(), kernels::RowMetric::squared_l2},
                                       white.data<float>(), words_.data<float>(), distances.mutable_data<float>());
    parallel_for(context.threads(), some, 1, [&](std::int64_t i, std::int64_t) {
      add_words(distances.data<float>() + i * per_image * options_.words, out + (first + i) * width());
    });
  }
  return features;
}

}  // namespace fovea
