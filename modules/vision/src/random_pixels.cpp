#include <algorithm>

#include "drawn_change.hpp"

namespace fovea {

AugmentationPart random_color_jitter(const ColorJitterOptions& options) {
  require_within("random color jitter", "brightness", options.brightness, 0, 100);
  require_within("random color jitter", "contrast", options.contrast, 0, 100);
  require_within("random color jitter", "saturation", options.saturation, 0, 100);
  require_within("random color jitter", "hue", options.hue, 0, 0.5);
  return drawn_change([options](cv::Size size, RandomStream& stream) {
    const auto factor = [&](double range) { return stream.uniform(std::max(0.0, 1 - range), 1 + range); };
    std::vector<std::unique_ptr<Transform>> changes;
    if (options.brightness > 0) changes.push_back(make_brightness(size, factor(options.brightness)));
    if (options.contrast > 0) changes.push_back(make_contrast(size, factor(options.contrast)));
    if (options.saturation > 0) changes.push_back(make_saturation(size, factor(options.saturation)));
    if (options.hue > 0) changes.push_back(make_hue(size, stream.uniform(-options.hue, options.hue)));
    for (std::size_t i = changes.size(); i > 1; --i) std::swap(changes[i - 1], changes[stream.below(i)]);
    return make_chain(size, std::move(changes));
  });
}

AugmentationPart random_pca_color(double sigma) {
  require_within("random pca color", "sigma", sigma, 0, 100);
  return drawn_change([=](cv::Size size, RandomStream& stream) {
    const double first = stream.normal(), second = stream.normal(), third = stream.normal();
    return make_pca_color(size, cv::Vec3d(first, second, third) * sigma);
  });
}

AugmentationPart random_gray(double probability) {
  return sometimes(probability, drawn_change([](cv::Size size, RandomStream&) { return make_gray(size); }));
}

AugmentationPart random_gamma(double min, double max) {
  require_range("random gamma", "the exponent", min, max, 0.01, 100);
  return drawn_change([=](cv::Size size, RandomStream& stream) { return make_gamma(size, draw_scale(min, max, stream)); });
}

AugmentationPart random_blur(double min_sigma, double max_sigma) {
  require_range("random blur", "sigma", min_sigma, max_sigma, 0.01, 100);
  return drawn_change([=](cv::Size size, RandomStream& stream) { return make_blur(size, stream.uniform(min_sigma, max_sigma)); });
}

AugmentationPart random_noise(double max_sigma) {
  require_within("random noise", "sigma", max_sigma, 0, 255);
  return drawn_change([=](cv::Size size, RandomStream& stream) {
    const double sigma = stream.uniform(0, max_sigma);
    return make_noise(size, sigma, stream.next_u64());
  });
}

AugmentationPart random_jpeg(int min_quality, int max_quality) {
  require_range("random jpeg", "the quality", min_quality, max_quality, 1, 100);
  return drawn_change([=](cv::Size size, RandomStream& stream) {
    return make_jpeg(size, min_quality + static_cast<int>(stream.below(static_cast<std::uint64_t>(max_quality - min_quality) + 1)));
  });
}

AugmentationPart random_clahe(double max_clip) {
  require_within("random clahe", "the clip limit", max_clip, 1, 1000);
  return drawn_change([=](cv::Size size, RandomStream& stream) { return make_clahe(size, stream.uniform(1, max_clip), 8); });
}

AugmentationPart random_cutout(int count, double side, double value) {
  require_within("random cutout", "the number of squares", count, 0, 1000);
  require_within("random cutout", "the side", side, 0, 1);
  return drawn_change([=](cv::Size size, RandomStream& stream) {
    const int length = static_cast<int>(std::lround(side * std::min(size.width, size.height)));
    std::vector<cv::Rect> holes;
    for (int i = 0; i < count; ++i) {
      const auto x = static_cast<int>(stream.below(static_cast<std::uint64_t>(size.width)));
      const auto y = static_cast<int>(stream.below(static_cast<std::uint64_t>(size.height)));
      holes.emplace_back(x - length / 2, y - length / 2, length, length);
    }
    return make_cutout(size, std::move(holes), value);
  });
}

}  // namespace fovea
