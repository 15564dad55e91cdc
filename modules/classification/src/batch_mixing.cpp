#include "fovea/classification/batch_mixing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/classification/image_batch.hpp"

namespace fovea {

namespace {

/// Gamma distributed with the given shape (Marsaglia and Tsang 2000; below 1 by their boost with a power of a uniform number).
double gamma_number(double shape, RandomStream& stream) {
  if (shape < 1) {
    const double boost = std::pow(1 - stream.uniform(), 1 / shape);
    return boost * gamma_number(shape + 1, stream);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = stream.normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - stream.uniform()) < x * x / 2 + d * (1 - v + std::log(v))) return d * v;
  }
}

/// Beta(alpha, alpha).
double beta_number(double alpha, RandomStream& stream) {
  const double a = gamma_number(alpha, stream), b = gamma_number(alpha, stream);
  return a + b > 0 ? a / (a + b) : 0.5;  // both vanish for the tiniest alpha
}

void check_alpha(const char* what, double alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) throw OptionError(fmt::format("{} wants a positive alpha, found {}", what, alpha));
}

struct Span {
  std::int64_t begin, end;
};
/// `length` cells around a random centre, inside [0, extent).
Span random_span(std::int64_t extent, std::int64_t length, RandomStream& stream) {
  const auto centre = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(extent)));
  const std::int64_t begin = centre - length / 2;
  return {std::max<std::int64_t>(begin, 0), std::min(begin + length, extent)};
}

/// Row i is `own` times the label of image i and the rest that of its partner.
Tensor mixed_labels(const Tensor& labels, const std::vector<std::int64_t>& partners, std::int64_t classes, double own) {
  Tensor distributions = Tensor::zeros({labels.numel(), classes});
  const std::int64_t* const label = labels.data<std::int64_t>();
  float* const row = distributions.mutable_data<float>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    row[i * classes + label[i]] += static_cast<float>(own);
    row[i * classes + label[partners[static_cast<std::size_t>(i)]]] += static_cast<float>(1 - own);
  }
  return distributions;
}

std::vector<std::int64_t> random_partners(std::int64_t count, RandomStream& stream) {
  return random_permutation(count, RandomStream(stream.next_u64()));
}

}  // namespace

void mix_up(ImageBatch& batch, std::int64_t classes, double alpha, RandomStream& stream) {
  check_alpha("mixup", alpha);
  const std::int64_t images = batch.images.extent(0), size = images > 0 ? batch.images.numel() / images : 0;
  const double own = beta_number(alpha, stream);
  const std::vector<std::int64_t> partners = random_partners(images, stream);
  const Tensor originals = batch.images;
  Tensor mixed = Tensor::empty(originals.shape());
  for (std::int64_t i = 0; i < images; ++i) {
    const float *x = originals.data<float>() + i * size, *other = originals.data<float>() + partners[static_cast<std::size_t>(i)] * size;
    float* const y = mixed.mutable_data<float>() + i * size;
    for (std::int64_t k = 0; k < size; ++k) y[k] = static_cast<float>(own) * x[k] + static_cast<float>(1 - own) * other[k];
  }
  batch.images = mixed;
  batch.distributions = mixed_labels(batch.labels, partners, classes, own);
}

void cut_mix(ImageBatch& batch, std::int64_t classes, double alpha, RandomStream& stream) {
  check_alpha("cutmix", alpha);
  const std::int64_t images = batch.images.extent(0), height = batch.images.extent(1), width = batch.images.extent(2);
  const std::int64_t channels = batch.images.extent(3);
  const double side = std::sqrt(1 - beta_number(alpha, stream));
  const std::vector<std::int64_t> partners = random_partners(images, stream);
  const Span rows = random_span(height, std::llround(side * static_cast<double>(height)), stream);
  const Span columns = random_span(width, std::llround(side * static_cast<double>(width)), stream);
  const Tensor originals = batch.images;
  Tensor mixed = originals.clone();
  const std::int64_t run = std::max<std::int64_t>(columns.end - columns.begin, 0) * channels;
  for (std::int64_t i = 0; i < images; ++i)
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      const std::int64_t within = (y * width + columns.begin) * channels, image_size = height * width * channels;
      std::copy_n(originals.data<float>() + partners[static_cast<std::size_t>(i)] * image_size + within, run,
                  mixed.mutable_data<float>() + i * image_size + within);
    }
  const auto area = static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin));
  batch.images = mixed;
  batch.distributions = mixed_labels(batch.labels, partners, classes, 1 - area / static_cast<double>(height * width));
}

void cut_out(ImageBatch& batch, double share, RandomStream& stream) {
  if (!(share > 0 && share <= 1)) throw OptionError(fmt::format("cutout wants a share of the side in (0, 1], found {}", share));
  const std::int64_t height = batch.images.extent(1), width = batch.images.extent(2), channels = batch.images.extent(3);
  const std::int64_t side = std::llround(share * static_cast<double>(std::min(height, width)));
  for (std::int64_t i = 0; i < batch.images.extent(0); ++i) {
    const Span rows = random_span(height, side, stream), columns = random_span(width, side, stream);
    for (std::int64_t y = rows.begin; y < rows.end; ++y)
      std::fill_n(batch.images.mutable_data<float>() + ((i * height + y) * width + columns.begin) * channels,
                  (columns.end - columns.begin) * channels, 0.F);
  }
}

void mix_batch(ImageBatch& batch, std::int64_t classes, const BatchMixingOptions& options, RandomStream& stream) {
  const bool both = options.mixup_alpha > 0 && options.cutmix_alpha > 0, first = both && stream.chance(0.5);
  if (options.mixup_alpha > 0 && (!both || first))
    mix_up(batch, classes, options.mixup_alpha, stream);
  else if (options.cutmix_alpha > 0)
    cut_mix(batch, classes, options.cutmix_alpha, stream);
  if (options.cutout_share > 0) cut_out(batch, options.cutout_share, stream);
}

}  // namespace fovea
