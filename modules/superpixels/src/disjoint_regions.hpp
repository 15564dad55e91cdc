// The regions of a partition while they grow.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "host_array.hpp"

namespace fovea {

/// Disjoint sets of pixels with path halving and union by size. Eight bytes a pixel: the parent (or minus the size, at the root), and
/// beside it the threshold of the merge predicate, which only roots use.
class DisjointRegions {
 public:
  DisjointRegions(std::int64_t pixels, float threshold) : nodes_(pixels) {
    std::fill_n(nodes_.get(), pixels, Node{-1, std::bit_cast<std::int32_t>(threshold)});
  }

  std::int32_t find(std::int32_t pixel) {
    for (;;) {
      const std::int32_t parent = nodes_[pixel].parent;
      if (parent < 0) return pixel;
      const std::int32_t next = nodes_[parent].parent;
      if (next < 0) return parent;
      nodes_[pixel].parent = next;
      pixel = next;
    }
  }
  /// Without halving: several threads may look at a time.
  std::int32_t look(std::int32_t pixel) const {
    while (nodes_[pixel].parent >= 0) pixel = nodes_[pixel].parent;
    return pixel;
  }
  void prefetch(std::int32_t pixel) const { __builtin_prefetch(nodes_.get() + pixel); }

  std::int32_t size(std::int32_t root) const { return -nodes_[root].parent; }
  /// Int(C) + k / |C|.
  float threshold(std::int32_t root) const { return std::bit_cast<float>(nodes_[root].bits); }
  void set_threshold(std::int32_t root, float value) { nodes_[root].bits = std::bit_cast<std::int32_t>(value); }

  /// The root of the union.
  std::int32_t join(std::int32_t a, std::int32_t b) {
    if (size(a) < size(b)) std::swap(a, b);
    nodes_[a].parent += nodes_[b].parent;
    nodes_[b].parent = a;
    return a;
  }

  /// A number in the place of a root's threshold, for when that has done its work.
  std::int32_t& number(std::int32_t root) { return nodes_[root].bits; }

 private:
  struct Node {
    std::int32_t parent, bits;
  };
  HostArray<Node> nodes_;
};

}  // namespace fovea
