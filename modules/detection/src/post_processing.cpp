#include "fovea/detection/post_processing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

Box inverted(const Transform& geometry, const Box& box) {
  const cv::Point2d a = geometry.invert({box.x1, box.y1}), b = geometry.invert({box.x2, box.y2});
  return {static_cast<float>(std::min(a.x, b.x)), static_cast<float>(std::min(a.y, b.y)), static_cast<float>(std::max(a.x, b.x)),
          static_cast<float>(std::max(a.y, b.y))};
}

Detections post_process(Detections found, const Transform& geometry, const PostProcessingOptions& options) {
  if (options.candidates < 1) throw OptionError(fmt::format("[post_process] candidates is at least 1, found {}", options.candidates));
  std::erase_if(found, [&](const Detection& d) {
    const bool wanted =
        options.classes.empty() || std::find(options.classes.begin(), options.classes.end(), d.index) != options.classes.end();
    return !(d.score >= options.smallest_score) || !wanted;
  });
  std::stable_sort(found.begin(), found.end(), [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (std::ssize(found) > options.candidates) found.resize(static_cast<std::size_t>(options.candidates));
  found = suppress(found, options.suppression);
  const cv::Size image = geometry.input_size();
  for (Detection& d : found) d.box = clip(inverted(geometry, d.box), static_cast<float>(image.width), static_cast<float>(image.height));
  std::erase_if(found, [](const Detection& d) { return d.box.area() <= 0; });
  return found;
}

}  // namespace fovea
