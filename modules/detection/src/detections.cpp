#include "fovea/detection/detections.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/vision/annotation_picture.hpp"

namespace fovea {

Detections named(Detections found, std::span<const std::string> labels) {
  for (Detection& d : found) {
    if (d.index < 0 || d.index >= std::ssize(labels))
      throw OptionError(fmt::format("[detections] class {} has no label: there are {}", d.index, labels.size()));
    d.label = labels[static_cast<std::size_t>(d.index)];
  }
  return found;
}

cv::Mat draw(const cv::Mat& image, const Detections& found) {
  AnnotatedImage picture{image};
  for (auto d = found.rbegin(); d != found.rend(); ++d)  // the best one's name above the others
    picture.objects.push_back({.box = d->box,
                               .label = d->index,
                               .caption = fmt::format("{} {:.2f}", d->label.empty() ? std::to_string(d->index) : d->label, d->score)});
  return draw_annotations(picture, {});
}

}  // namespace fovea
