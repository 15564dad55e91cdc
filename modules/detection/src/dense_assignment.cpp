#include "dense_assignment.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"

namespace fovea {

void require_targets(std::span<const Shape> predictions, std::span<const DenseScale> scales, std::span<const DetectionTargets> targets) {
  if (predictions.size() != scales.size())
    throw ShapeError(fmt::format("[detection_head] expected predictions of {} feature maps, found {}", scales.size(), predictions.size()));
  for (std::size_t i = 0; i < scales.size(); ++i)
    if (predictions[i].rank() != 4 || predictions[i].at(0) != std::ssize(targets) || predictions[i].at(3) != scales[i].channels())
      throw ShapeError(fmt::format("[detection_head] expected predictions [{},H,W,{}] of feature map {}, found {}", targets.size(),
                                   scales[i].channels(), i, predictions[i].to_string()));
  for (const DetectionTargets& target : targets) {
    if (target.boxes.size() != target.labels.size())
      throw ShapeError(fmt::format("[detection_head] {} boxes need as many labels, found {}", target.boxes.size(), target.labels.size()));
    for (const std::int64_t label : target.labels)
      if (label < 0 || label >= scales.front().classes)
        throw OptionError(fmt::format("[detection_head] a label is 0 to {}, found {}", scales.front().classes - 1, label));
  }
}

bool find_cell(float x, float y, const Shape& predictions, float stride, GridCell& cell) {
  const double column = std::floor(x / stride), row = std::floor(y / stride);
  if (!(column >= 0 && row >= 0 && column < static_cast<double>(predictions.at(2)) && row < static_cast<double>(predictions.at(1))))
    return false;
  cell = {static_cast<std::int64_t>(column), static_cast<std::int64_t>(row), stride};
  return true;
}

}  // namespace fovea
