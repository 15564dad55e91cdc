#include "fovea/models/segmentation_network.hpp"

#include <algorithm>

#include "fovea/autograd/ops/pad2d.hpp"

namespace fovea {

namespace {

/// `before` and `after` are put around one axis; reflecting goes on with what it made until there is enough.
Variable mirrored_axis(Variable x, int axis, std::int64_t before, std::int64_t after) {
  while (before > 0 || after > 0) {
    const std::int64_t extent = x.extent(axis);
    const bool single = extent == 1;
    const auto part = [&](std::int64_t wanted) { return single ? wanted : std::min(wanted, std::max<std::int64_t>(extent - 1, 1)); };
    const std::int64_t front = part(before), back = part(after);
    const Padding padding = axis == 1 ? Padding(front, back, 0, 0) : Padding(0, 0, front, back);
    x = pad2d(x, padding, single ? PadMode::replicate : PadMode::reflect);
    before -= front;
    after -= back;
  }
  return x;
}

std::int64_t growth(std::int64_t extent, std::int64_t multiple, std::int64_t least) {
  const std::int64_t wanted = std::max(extent, least);
  return (wanted + multiple - 1) / multiple * multiple - extent;
}

}  // namespace

Variable grown_image(const Variable& x, const Padding& padding, EdgeFill fill) {
  if (padding == Padding{}) return x;
  if (fill == EdgeFill::zero) return pad2d(x, padding);
  return mirrored_axis(mirrored_axis(x, 1, padding.top, padding.bottom), 2, padding.left, padding.right);
}

Padding padding_to_multiple(Extent2 image, std::int64_t multiple, std::int64_t least) {
  return {0, growth(image.height, multiple, least), 0, growth(image.width, multiple, least)};
}

Variable SegmentationNetwork::forward(const Variable& x) {
  if (x.shape().rank() != 4) return logits_of(x);  // the first layer says what it wants
  const Extent2 image{x.extent(1), x.extent(2)}, result = output_size(image);
  const Variable logits = logits_of(grown_image(x, padding_of(image), edges_));
  const Padding surplus{0, logits.extent(1) - result.height, 0, logits.extent(2) - result.width};
  return surplus == Padding{} ? logits : crop2d(logits, surplus);
}

}  // namespace fovea
