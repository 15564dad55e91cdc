#include <algorithm>

#include "darknet_sections.hpp"
#include "fovea/interchange/darknet_config.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;  // of a layer's output for one image: 8 GiB
constexpr std::int64_t kMaxChannels = std::int64_t{1} << 20;  // so that no product with filters and kernels overflows

/// Infers one layer after the other.
class ShapeInference {
 public:
  ShapeInference(const DarknetConfig& config, const std::string& where) : config_(config), where_(where) {}

  std::vector<DarknetShape> run() {
    for (const DarknetLayer& layer : config_.layers) {
      layer_ = &layer;
      const DarknetShape input = darknet_input(config_, shapes_, shapes_.size());
      const DarknetShape output = std::visit([&](const auto& operation) { return infer(operation, input); }, layer.operation);
      if (!within_limits(output))
        fail("gives {}x{}x{} values, expected at most {}, and at most {} channels", output.height, output.width, output.channels,
             kMaxElements, kMaxChannels);
      shapes_.push_back(output);
    }
    return std::move(shapes_);
  }

 private:
  static bool within_limits(const DarknetShape& shape) {
    return shape.channels <= kMaxChannels && shape.height <= kMaxElements && shape.width <= kMaxElements / shape.height &&
           shape.channels <= kMaxElements / (shape.height * shape.width);
  }

  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    fail_at_line(where_, layer_->line, "[{}] layer {} {}", name_of(layer_->operation), shapes_.size(),
                 fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  /// Positions of a window along one side, at least one.
  std::int64_t positions(std::int64_t side, std::int64_t padding, std::int64_t span, std::int64_t step) const {
    if (side + padding < span) fail("wants a window of {} cells in a side of {}, padding {} included", span, side + padding, padding);
    return (side + padding - span) / step + 1;
  }

  const DarknetShape& other(const char* key, std::int64_t index) const {
    const auto current = static_cast<std::int64_t>(shapes_.size());
    const std::int64_t number = darknet_layer_index(index, current);
    if (number < 0 || number >= current)
      fail("has {}={}, expected a layer in front of it: 0 to {}, or -{} to -1", key, index, current - 1, current);
    return shapes_[static_cast<std::size_t>(number)];
  }

  DarknetShape infer(const DarknetConvolutional& l, const DarknetShape& in) const {
    if (in.channels % l.groups != 0 || l.filters % l.groups != 0)
      fail("has {} input channels and filters={}, which groups={} does not divide", in.channels, l.filters, l.groups);
    const std::int64_t span = l.dilation * (l.size - 1) + 1, padding = 2 * l.border();
    return {positions(in.height, padding, span, l.step_y()), positions(in.width, padding, span, l.step_x()), l.filters};
  }

  DarknetShape infer(const DarknetConnected& l, const DarknetShape&) const { return {1, 1, l.output}; }

  DarknetShape infer(const DarknetShortcut& l, const DarknetShape& in) const {
    if (l.from.empty()) fail("has no key from");
    if (shapes_.empty()) fail("has no layer in front of it");
    for (const std::int64_t index : l.from)
      if (const DarknetShape& added = other("from", index); added != in)
        fail("adds {}x{}x{} values of layer {} to {}x{}x{}", added.height, added.width, added.channels, index, in.height, in.width,
             in.channels);
    return in;
  }

  DarknetShape infer(const DarknetRoute& l, const DarknetShape&) const {
    if (l.layers.empty()) fail("has no key layers");
    if (l.group_id >= l.groups) fail("has group_id={}, expected less than groups={}", l.group_id, l.groups);
    DarknetShape all = other("layers", l.layers.front());
    all.channels = 0;
    for (const std::int64_t index : l.layers) {
      const DarknetShape& part = other("layers", index);
      if (part.height != all.height || part.width != all.width)
        fail("puts {}x{} cells of layer {} beside {}x{}", part.height, part.width, index, all.height, all.width);
      if (part.channels % l.groups != 0)
        fail("has groups={}, which does not divide the {} channels of layer {}", l.groups, part.channels, index);
      all.channels += part.channels / l.groups;
    }
    return all;
  }

  DarknetShape infer(const DarknetUpsample& l, const DarknetShape& in) const {
    return {in.height * l.stride, in.width * l.stride, in.channels};
  }

  DarknetShape infer(const DarknetMaxpool& l, const DarknetShape& in) const {
    // Otherwise a window could lie in the padding alone, where there is no maximum.
    if (l.padding - l.padding / 2 >= l.size) fail("has padding={}, expected at most {} for size={}", l.padding, 2 * (l.size - 1), l.size);
    return {positions(in.height, l.padding, l.size, l.step_y()), positions(in.width, l.padding, l.size, l.step_x()), in.channels};
  }

  DarknetShape infer(const DarknetAvgpool&, const DarknetShape& in) const { return {1, 1, in.channels}; }
  DarknetShape infer(const DarknetDropout&, const DarknetShape& in) const { return in; }

  DarknetShape infer(const DarknetSoftmax& l, const DarknetShape& in) const {
    if (in.size() % l.groups != 0) fail("has groups={}, which does not divide its {} inputs", l.groups, in.size());
    return in;
  }

  DarknetShape infer(const DarknetReorg& l, const DarknetShape& in) const {
    if (in.height % l.stride != 0 || in.width % l.stride != 0 || in.channels % (l.stride * l.stride) != 0)
      fail("has stride={}, which does not divide {}x{} cells, or whose square does not divide {} channels", l.stride, in.height, in.width,
           in.channels);
    return {in.height / l.stride, in.width / l.stride, in.channels * l.stride * l.stride};
  }

  void require_channels(const DarknetShape& in, std::int64_t boxes, std::int64_t per_box) const {
    if (in.channels != boxes * per_box)
      fail("has {} input channels, expected {} ({} boxes of {})", in.channels, boxes * per_box, boxes, per_box);
  }

  void require_anchors(const std::vector<double>& anchors, std::int64_t num) const {
    if (static_cast<std::int64_t>(anchors.size()) != 2 * num)
      fail("has {} numbers in anchors, expected {} (num={} widths and heights)", anchors.size(), 2 * num, num);
  }

  DarknetShape infer(const DarknetYolo& l, const DarknetShape& in) const {
    require_anchors(l.anchors, l.num);
    for (const std::int64_t index : l.mask)
      if (index >= l.num) fail("has {} in mask, expected less than num={}", index, l.num);
    require_channels(in, l.mask.empty() ? l.num : static_cast<std::int64_t>(l.mask.size()), 5 + l.classes);
    return in;
  }

  DarknetShape infer(const DarknetRegion& l, const DarknetShape& in) const {
    if (l.coords != 4) fail("has coords={}, expected 4", l.coords);
    require_anchors(l.anchors, l.num);
    require_channels(in, l.num, 5 + l.classes);
    return in;
  }

  DarknetShape infer(const DarknetDetection& l, const DarknetShape& in) const {
    if (l.coords != 4) fail("has coords={}, expected 4", l.coords);
    const std::int64_t wanted = l.side * l.side * (5 * l.num + l.classes);
    if (in.size() != wanted) fail("has {} inputs, expected {} (side={}, num={}, classes={})", in.size(), wanted, l.side, l.num, l.classes);
    return {1, 1, wanted};
  }

  const DarknetConfig& config_;
  const std::string& where_;
  const DarknetLayer* layer_ = nullptr;
  std::vector<DarknetShape> shapes_;
};

}  // namespace

std::vector<DarknetShape> darknet_shapes(const DarknetConfig& config, const std::string& where) {
  return ShapeInference(config, where).run();
}

}  // namespace fovea
