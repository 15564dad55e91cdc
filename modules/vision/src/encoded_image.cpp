#include "fovea/vision/encoded_image.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/exif.hpp"
#include "image_header.hpp"

namespace fovea {

namespace {

constexpr int kFirstTurned = 5;  // orientations 5 to 8 exchange width and height

/// Undoes what an orientation does: only the two quarter turns are not their own inverse.
int inverse_orientation(int orientation) { return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation; }

cv::Rect2d oriented(const cv::Rect2d& area, cv::Size2d size, int orientation) {
  const cv::Size whole(static_cast<int>(size.width), static_cast<int>(size.height));
  const cv::Point2d a = orient_point(area.tl(), whole, orientation), b = orient_point(area.br(), whole, orientation);
  return {cv::Point2d(std::min(a.x, b.x), std::min(a.y, b.y)), cv::Point2d(std::max(a.x, b.x), std::max(a.y, b.y))};
}

/// The pixels that an area touches.
cv::Rect touched(const cv::Rect2d& area) {
  const cv::Point first(static_cast<int>(std::floor(area.x)), static_cast<int>(std::floor(area.y)));
  return {first, cv::Point(static_cast<int>(std::ceil(area.br().x)), static_cast<int>(std::ceil(area.br().y)))};
}

}  // namespace

EncodedImage::EncodedImage(std::vector<std::uint8_t> bytes, std::string name, const ImagePolicy& policy)
    : bytes_(std::move(bytes)), name_(std::move(name)), policy_(policy) {
  const ImageHeader header = read_allowed_header(bytes_, name_, policy_);
  is_jpeg_ = header.format == ImageFormat::jpeg;
  stored_size_ = {static_cast<int>(header.width), static_cast<int>(header.height)};
  orientation_ = exif_orientation(bytes_);
}

EncodedImage EncodedImage::load(const std::filesystem::path& path, const ImagePolicy& policy) {
  return {read_file(path, policy.max_file_bytes), path.string(), policy};
}

cv::Size EncodedImage::size() const {
  return orientation_ >= kFirstTurned ? cv::Size(stored_size_.height, stored_size_.width) : stored_size_;
}

ImagePart EncodedImage::part(cv::Rect area, int reduction, JpegDecoder& decoder) const {
  if (area.empty() || (area & cv::Rect({0, 0}, size())) != area)
    throw OptionError(fmt::format("[image part] the area is {}x{} at ({}, {}), expected a part of {}x{} pixels", area.width, area.height,
                                  area.x, area.y, size().width, size().height));
  if (is_jpeg_) {
    const cv::Rect2d stored = oriented(area, size(), inverse_orientation(orientation_));
    const cv::Rect2d reduced(stored.x / reduction, stored.y / reduction, stored.width / reduction, stored.height / reduction);
    const cv::Rect wanted = touched(reduced);
    const cv::Mat pixels = decoder.decode(bytes_, wanted, reduction);
    if (!pixels.empty())
      return {apply_orientation(pixels, orientation_), oriented(reduced - cv::Point2d(wanted.tl()), wanted.size(), orientation_)};
  }
  return {decode_image(bytes_, name_, policy_)(area), cv::Rect2d({0, 0}, cv::Size2d(area.size()))};
}

}  // namespace fovea
