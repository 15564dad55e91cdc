#include "fovea/vision/resized_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "area_average.hpp"
#include "bgr_levels.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

bool is_whole(const cv::Rect2d& area) { return cv::Rect2d(cv::Rect(area)) == area; }

/// Where cv::resize() averages by another, integer way: the factors of both axes are whole.
bool has_whole_factors(cv::Size from, cv::Size to) { return from.width % to.width == 0 && from.height % to.height == 0; }

/// What is left of a part when every axis that does not grow has its new length.
cv::Size shrunk_size(const ImagePart& source, cv::Size size) {
  return {std::min(size.width, static_cast<int>(std::ceil(source.area.width))),
          std::min(size.height, static_cast<int>(std::ceil(source.area.height)))};
}

/// Whether the part shrinks by AreaAverage: not where nothing shrinks, nor where cv::resize() averages in its other way.
bool is_averaged(const ImagePart& source, cv::Size shrunk) {
  return !is_whole(source.area) || !has_whole_factors(cv::Rect(source.area).size(), shrunk);
}

cv::Mat averaged(const ImagePart& source, cv::Size size) {
  cv::Mat result(size, CV_8UC3);
  AreaAverage(source.area, size).run(source.pixels, [&](int y, const AreaAverage::Levels& levels) {
    std::uint8_t* out = result.ptr(y);
    for (int x = 0; x < size.width; ++x, out += 3) {
      float level[4];
      cv::v_store(level, levels(x));
      for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(level[c]);
    }
  });
  return result;
}

/// As make_resize() does it: shrinking first.
cv::Mat resized(const ImagePart& source, cv::Size size) {
  const cv::Size shrunk = shrunk_size(source, size);
  if (!is_averaged(source, shrunk)) {
    const cv::Rect area(source.area);
    return make_resize(area.size(), size)->apply(source.pixels(area));
  }
  const cv::Mat result = averaged(source, shrunk);
  return shrunk == size ? result : make_resize(shrunk, size)->apply(result);
}

}  // namespace

SplitTransform split(const Transform& transform) {
  std::vector<const Transform*> parts;
  transform.append_parts(parts);
  SplitTransform result{.first = {.area = {{0, 0}, transform.input_size()}, .size = transform.input_size()}, .rest = {}};
  const auto rest = std::find_if_not(parts.begin(), parts.end(), [&](const Transform* part) { return part->join(result.first); });
  result.rest.assign(rest, parts.end());
  return result;
}

int reduction_for(const ResizedPart& part) {
  for (const int reduction : {8, 4, 2})
    if (part.area.width >= reduction * part.size.width && part.area.height >= reduction * part.size.height) return reduction;
  return 1;
}

cv::Mat resized_pixels(const ImagePart& source, const ResizedPart& part) {
  cv::Mat result = resized(source, part.size);
  if (part.mirrored) cv::flip(result, result, 1);
  return result;
}

void fill_resized(const ImagePart& source, const ResizedPart& part, const Preprocessing& preprocessing, float* destination) {
  if (part.size != cv::Size(preprocessing.width, preprocessing.height) || preprocessing.channels != 3)
    throw ShapeError(fmt::format("[preprocessing] wants {}x{} pixels of {} channels, found {}x{} of 3", preprocessing.width,
                                 preprocessing.height, preprocessing.channels, part.size.width, part.size.height));
  if (const cv::Size shrunk = shrunk_size(source, part.size); shrunk != part.size || !is_averaged(source, shrunk)) {
    preprocessing.fill(resized(source, part.size), destination, part.mirrored);
    return;
  }
  const NetworkLevels scaling(preprocessing);
  AreaAverage(source.area, part.size).run(source.pixels, [&](int y, const AreaAverage::Levels& levels) {
    scaling.write_row(part.size.width, part.mirrored, levels, destination + std::ptrdiff_t{3} * y * part.size.width);
  });
}

}  // namespace fovea
