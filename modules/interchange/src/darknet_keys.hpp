// The keys of every section of Darknet's descriptions: one list each, from which sections are read, written and checked.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fovea/interchange/darknet_config.hpp"

namespace fovea {

/// What a number may be; both ends are allowed.
template <class T>
struct DarknetRange {
  T low, high;
};

constexpr DarknetRange<std::int64_t> kSides{1, 1 << 14}, kChannels{1, 1 << 16}, kKernels{1, 256}, kSteps{1, 256}, kCounts{1, 1 << 16};
constexpr DarknetRange<std::int64_t> kStepsOrNone{0, 256}, kBorders{0, 256}, kIndices{-10'000, 10'000}, kGroupIndices{0, 1 << 16};
constexpr DarknetRange<double> kPositive{std::numeric_limits<double>::min(), 1e6}, kFactors{-1e6, 1e6}, kProbabilities{0, 0.999};

// A visitor has
//     value(key, member, range)               a number that is always written; flag(key, member) and activation(key, member) likewise
//     list(key, member, range)                numbers with commas between them
//     optional(key, member, default, range)   a number that is left out where it is the default; optional_flag(key, member) likewise
//     reads()                                 whether members take the values of keys, or the other way round

template <class Visitor>
void visit_keys(Visitor& v, DarknetNet& l) {
  v.value("width", l.width, kSides);
  v.value("height", l.height, kSides);
  v.value("channels", l.channels, kChannels);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetConvolutional& l) {
  v.flag("batch_normalize", l.batch_normalize);
  v.value("filters", l.filters, kChannels);
  v.value("size", l.size, kKernels);
  v.value("stride", l.stride, kSteps);
  v.optional("stride_x", l.stride_x, std::int64_t{0}, kStepsOrNone);
  v.optional("stride_y", l.stride_y, std::int64_t{0}, kStepsOrNone);
  v.flag("pad", l.pad);
  v.optional("padding", l.padding, std::int64_t{0}, kBorders);
  v.optional("dilation", l.dilation, std::int64_t{1}, kSteps);
  v.optional("groups", l.groups, std::int64_t{1}, kChannels);
  v.activation("activation", l.activation);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetConnected& l) {
  v.flag("batch_normalize", l.batch_normalize);
  v.value("output", l.output, kChannels);
  v.activation("activation", l.activation);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetShortcut& l) {
  v.list("from", l.from, kIndices);
  v.activation("activation", l.activation);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetRoute& l) {
  v.list("layers", l.layers, kIndices);
  v.optional("groups", l.groups, std::int64_t{1}, kChannels);
  v.optional("group_id", l.group_id, std::int64_t{0}, kGroupIndices);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetUpsample& l) {
  v.value("stride", l.stride, kSteps);
  v.optional("scale", l.scale, 1.0, kFactors);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetMaxpool& l) {
  v.value("stride", l.stride, kSteps);
  v.optional("stride_x", l.stride_x, std::int64_t{0}, kStepsOrNone);
  v.optional("stride_y", l.stride_y, std::int64_t{0}, kStepsOrNone);
  if (v.reads()) l.size = l.stride;
  v.value("size", l.size, kKernels);
  if (v.reads()) l.padding = l.size - 1;
  v.value("padding", l.padding, kBorders);
}

template <class Visitor>
void visit_keys(Visitor&, DarknetAvgpool&) {}

template <class Visitor>
void visit_keys(Visitor& v, DarknetDropout& l) {
  v.value("probability", l.probability, kProbabilities);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetSoftmax& l) {
  v.value("groups", l.groups, kCounts);
  v.optional("temperature", l.temperature, 1.0, kPositive);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetReorg& l) {
  v.value("stride", l.stride, kSteps);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetYolo& l) {
  v.list("mask", l.mask, kGroupIndices);
  v.list("anchors", l.anchors, kPositive);
  v.value("classes", l.classes, kCounts);
  v.value("num", l.num, kCounts);
  v.optional("scale_x_y", l.scale_x_y, 1.0, kPositive);
  v.optional_flag("new_coords", l.new_coords);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetRegion& l) {
  v.list("anchors", l.anchors, kPositive);
  v.value("classes", l.classes, kCounts);
  v.value("coords", l.coords, kCounts);
  v.value("num", l.num, kCounts);
  v.flag("softmax", l.softmax);
}

template <class Visitor>
void visit_keys(Visitor& v, DarknetDetection& l) {
  v.value("classes", l.classes, kCounts);
  v.value("coords", l.coords, kCounts);
  v.value("num", l.num, kCounts);
  v.value("side", l.side, kSides);
  v.flag("softmax", l.softmax);
  v.flag("sqrt", l.sqrt);
}

/// A kind of section: what it is called and which keys beside those above may stand in it.
struct DarknetSectionKind {
  std::vector<std::string> names;     ///< the first is the one that is written
  std::vector<std::string> training;  ///< keys that are kept
  /// Keys that would change what the network computes in ways that fovea does not know, and the value that means that they do not.
  std::vector<DarknetEntry> refused;
  DarknetOperation operation;  ///< with its defaults
};

const DarknetSectionKind& darknet_net_kind();
/// In the order of DarknetOperation's alternatives.
const std::vector<DarknetSectionKind>& darknet_layer_kinds();

}  // namespace fovea
