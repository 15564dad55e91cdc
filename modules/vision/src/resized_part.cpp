#include "fovea/vision/resized_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "area_average.hpp"
#include "bgr_levels.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

bool is_whole(const cv::Rect2d& area) { return cv::Rect2d(cv::Rect(area)) == area; }

/// Where cv::resize() averages by another, integer way: the factors of both axes are whole.
bool has_whole_factors(cv::Size from, cv::Size to) { return from.width % to.width == 0 && from.height % to.height == 0; }

/// Whether AreaAverage gives all there is to do: nothing grows, and something shrinks by a factor that is not whole.
bool is_averaged(const ImagePart& source, cv::Size size) {
  if (size.width > source.area.width || size.height > source.area.height) return false;
  return !is_whole(source.area) || !has_whole_factors(cv::Rect(source.area).size(), size);
}

/// What AreaAverage does not do, by the transform itself.
cv::Mat resized_by_transform(const ImagePart& source, cv::Size size) {
  const cv::Rect area(source.area);
  return make_resize(area.size(), size)->apply(source.pixels(area));
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
  cv::Mat result;
  if (is_averaged(source, part.size)) {
    result.create(part.size, CV_8UC3);
    AreaAverage(source.area, part.size).run(source.pixels, [&](int y, const float* levels) {
      std::uint8_t* out = result.ptr(y);
      for (int x = 0; x < part.size.width; ++x, levels += 4, out += 3)
        for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(levels[c]);
    });
  } else {
    result = resized_by_transform(source, part.size);
  }
  if (part.mirrored) cv::flip(result, result, 1);
  return result;
}

void fill_resized(const ImagePart& source, const ResizedPart& part, const Preprocessing& preprocessing, float* destination) {
  if (part.size != cv::Size(preprocessing.width, preprocessing.height) || preprocessing.channels != 3)
    throw ShapeError(fmt::format("[preprocessing] wants {}x{} pixels of {} channels, found {}x{} of 3", preprocessing.width,
                                 preprocessing.height, preprocessing.channels, part.size.width, part.size.height));
  const NetworkLevels scaling(preprocessing);
  const std::ptrdiff_t row_values = 3 * std::ptrdiff_t{part.size.width};
  if (is_averaged(source, part.size)) {
    AreaAverage(source.area, part.size).run(source.pixels, [&](int y, const float* levels) {
      scaling.write_row(
          part.size.width, part.mirrored, [&](int x) { return cv::v_load(levels + 4 * x); }, destination + y * row_values);
    });
    return;
  }
  preprocessing.fill(resized_by_transform(source, part.size), destination, part.mirrored);
}

}  // namespace fovea
