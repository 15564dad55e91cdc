// The regions of a partition while they grow.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

namespace fovea {

/// Disjoint sets of pixels with path halving and union by size. Eight bytes a pixel: the parent (or minus the size, at the root) in one
/// array that every lookup walks through, the threshold of the merge predicate in another that only roots use.
class DisjointRegions {
 public:
  DisjointRegions(std::int64_t pixels, float threshold)
      : count_(pixels),
        parent_(std::make_unique_for_overwrite<std::int32_t[]>(static_cast<std::size_t>(pixels))),
        bits_(std::make_unique_for_overwrite<std::int32_t[]>(static_cast<std::size_t>(pixels))) {
    std::fill_n(parent_.get(), pixels, -1);
    std::fill_n(bits_.get(), pixels, std::bit_cast<std::int32_t>(threshold));
  }

  std::int32_t find(std::int32_t pixel) {
    for (;;) {
      const std::int32_t parent = parent_[at(pixel)];
      if (parent < 0) return pixel;
      const std::int32_t next = parent_[at(parent)];
      if (next < 0) return parent;
      parent_[at(pixel)] = next;
      pixel = next;
    }
  }
  /// Without halving: several threads may look at a time.
  std::int32_t look(std::int32_t pixel) const {
    while (parent_[at(pixel)] >= 0) pixel = parent_[at(pixel)];
    return pixel;
  }

  std::int32_t size(std::int32_t root) const { return -parent_[at(root)]; }
  /// Int(C) + k / |C|.
  float threshold(std::int32_t root) const { return std::bit_cast<float>(bits_[at(root)]); }
  void set_threshold(std::int32_t root, float value) { bits_[at(root)] = std::bit_cast<std::int32_t>(value); }

  /// The root of the union.
  std::int32_t join(std::int32_t a, std::int32_t b) {
    if (size(a) < size(b)) std::swap(a, b);
    parent_[at(a)] += parent_[at(b)];
    parent_[at(b)] = a;
    return a;
  }

  /// The memory of the thresholds holds a number a root from here on, -1 at first.
  void forget_thresholds() { std::fill_n(bits_.get(), count_, -1); }
  std::int32_t& number(std::int32_t root) { return bits_[at(root)]; }

 private:
  static std::size_t at(std::int32_t pixel) { return static_cast<std::size_t>(pixel); }
  std::int64_t count_;
  std::unique_ptr<std::int32_t[]> parent_, bits_;
};

}  // namespace fovea
