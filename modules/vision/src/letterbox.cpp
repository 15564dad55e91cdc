#include <algorithm>
#include <cmath>

#include "fovea/vision/transform.hpp"

namespace fovea {

namespace {

/// The largest size with the proportions of `shape` that fits in `frame`, in whole pixels.
cv::Size fit(cv::Size shape, cv::Size frame) {
  const double scale = std::min(static_cast<double>(frame.width) / shape.width, static_cast<double>(frame.height) / shape.height);
  const auto side = [&](int length, int limit) { return std::clamp(static_cast<int>(std::lround(length * scale)), 1, std::max(1, limit)); };
  return {side(shape.width, frame.width), side(shape.height, frame.height)};
}

bool is_empty(cv::Size size) { return size.width < 1 || size.height < 1; }

/// A window of size `inner` in the middle of `outer`; negative offsets when it is the larger one.
cv::Rect centred(cv::Size inner, cv::Size outer) {
  const auto offset = [](int difference) { return difference >= 0 ? difference / 2 : -(-difference / 2); };
  return {cv::Point(offset(outer.width - inner.width), offset(outer.height - inner.height)), inner};
}

}  // namespace

std::unique_ptr<Transform> make_letterbox(cv::Size input, cv::Size output, double pad_value) {
  if (is_empty(input) || is_empty(output)) return make_resize(input, output);  // which refuses it
  const cv::Size scaled = fit(input, output);
  return chain(input, make_resize(input, scaled), make_crop(scaled, centred(output, scaled), pad_value));
}

std::unique_ptr<Transform> make_center_crop(cv::Size input, cv::Size output) {
  if (is_empty(input) || is_empty(output)) return make_resize(input, output);  // which refuses it
  const cv::Size part = fit(output, input);
  return chain(input, make_crop(input, centred(part, input)), make_resize(part, output));
}

}  // namespace fovea
