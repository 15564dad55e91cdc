#include "fovea/vision/augmentation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {

namespace {

int random_offset(int room, RandomStream& stream) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(room) + 1)); }

/// The largest centred part of the image whose width / height is in the range.
cv::Rect centred_area(cv::Size input, double min_ratio, double max_ratio) {
  const double ratio = std::clamp(static_cast<double>(input.width) / input.height, min_ratio, max_ratio);
  const int width = std::clamp(static_cast<int>(std::lround(input.height * ratio)), 1, input.width);
  const int height = std::clamp(static_cast<int>(std::lround(input.width / ratio)), 1, input.height);
  return {(input.width - width) / 2, (input.height - height) / 2, width, height};
}

}  // namespace

std::unique_ptr<Transform> Augmentation::draw_with(cv::Size input, const std::vector<Box>&, RandomStream& stream) const {
  return draw(input, stream);
}

RandomFlip::RandomFlip(double probability, FlipAxis axis) : probability_(probability), axis_(axis) {
  if (!(probability >= 0 && probability <= 1))
    throw OptionError(fmt::format("[random flip] probability is {}, expected a number in [0, 1]", probability));
}

std::unique_ptr<Transform> RandomFlip::draw(cv::Size input, RandomStream& stream) const {
  return stream.chance(probability_) ? make_flip(input, axis_) : make_chain(input, {});
}

RandomCropWithPadding::RandomCropWithPadding(int pixels, double pad_value) : pixels_(pixels), pad_value_(pad_value) {
  if (pixels < 0) throw OptionError(fmt::format("[random crop] padding is {}, expected at least 0", pixels));
}

std::unique_ptr<Transform> RandomCropWithPadding::draw(cv::Size input, RandomStream& stream) const {
  const int x = random_offset(2 * pixels_, stream) - pixels_;
  const int y = random_offset(2 * pixels_, stream) - pixels_;
  return make_crop(input, {{x, y}, input}, pad_value_);
}

RandomResizedCrop::RandomResizedCrop(const Options& options) : options_(options) {
  if (!(options.min_scale > 0 && options.min_scale <= options.max_scale && options.max_scale <= 1))
    throw OptionError(
        fmt::format("[random resized crop] scale is {} to {}, expected 0 < min <= max <= 1", options.min_scale, options.max_scale));
  if (!(options.min_ratio > 0 && options.min_ratio <= options.max_ratio && std::isfinite(options.max_ratio)))
    throw OptionError(
        fmt::format("[random resized crop] ratio is {} to {}, expected 0 < min <= max", options.min_ratio, options.max_ratio));
  if (options.output.width < 1 || options.output.height < 1)
    throw OptionError(
        fmt::format("[random resized crop] output is {}x{}, expected at least 1x1", options.output.width, options.output.height));
}

cv::Rect RandomResizedCrop::draw_area(cv::Size input, RandomStream& stream) const {
  constexpr int kTries = 10;
  const double pixels = static_cast<double>(input.width) * input.height;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double area = pixels * stream.uniform(options_.min_scale, options_.max_scale);
    const double ratio = std::exp(stream.uniform(std::log(options_.min_ratio), std::log(options_.max_ratio)));
    const double width = std::round(std::sqrt(area * ratio)), height = std::round(std::sqrt(area / ratio));
    if (width < 1 || height < 1 || width > input.width || height > input.height) continue;
    const cv::Size size(static_cast<int>(width), static_cast<int>(height));
    const int x = random_offset(input.width - size.width, stream);
    const int y = random_offset(input.height - size.height, stream);
    return {{x, y}, size};
  }
  return centred_area(input, options_.min_ratio, options_.max_ratio);
}

std::unique_ptr<Transform> RandomResizedCrop::draw(cv::Size input, RandomStream& stream) const {
  const cv::Rect area = draw_area(input, stream);
  return chain(input, make_crop(input, area), make_resize(area.size(), options_.output));
}

bool AugmentationSequence::sets_size() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->sets_size(); });
}

std::unique_ptr<Transform> AugmentationSequence::draw(cv::Size input, RandomStream& stream) const { return draw_with(input, {}, stream); }

std::unique_ptr<Transform> AugmentationSequence::draw_with(cv::Size input, const std::vector<Box>& boxes, RandomStream& stream) const {
  std::vector<std::unique_ptr<Transform>> drawn;
  cv::Size size = input;
  std::vector<Box> left = boxes;
  for (const auto& part : parts_) {
    drawn.push_back(part->draw_with(size, left, stream));
    size = drawn.back()->output_size();
    for (Box& box : left) box = clip(transformed(*drawn.back(), box), static_cast<float>(size.width), static_cast<float>(size.height));
    std::erase_if(left, [](const Box& box) { return box.area() == 0; });
  }
  return make_chain(input, std::move(drawn));
}

}  // namespace fovea
