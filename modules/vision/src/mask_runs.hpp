// Writing and reading runs: what every function on masks does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "fovea/vision/rle_mask.hpp"

namespace fovea {

/// Collects runs into the form of RleMask: neighbours of one value become one run.
class RunWriter {
 public:
  void append(std::uint32_t length, bool inside) {
    if (length == 0) return;
    if (inside == inside_) {
      counts_.back() += length;
    } else {
      counts_.push_back(length);
      inside_ = inside;
    }
  }
  std::vector<std::uint32_t> take() { return std::move(counts_); }

 private:
  std::vector<std::uint32_t> counts_ = {0};
  bool inside_ = false;
};

/// Calls visit(length, inside_a, inside_b) for every stretch in which neither mask changes. Both have the same size.
template <class Visit>
void visit_common_runs(const RleMask& a, const RleMask& b, Visit&& visit) {
  std::size_t next_a = 0, next_b = 0;
  std::uint32_t left_a = 0, left_b = 0;
  bool inside_a = true, inside_b = true;  // the first run turns them to background
  for (;;) {
    while (left_a == 0 && next_a < a.counts.size()) left_a = a.counts[next_a++], inside_a = !inside_a;
    while (left_b == 0 && next_b < b.counts.size()) left_b = b.counts[next_b++], inside_b = !inside_b;
    const std::uint32_t length = std::min(left_a, left_b);
    if (length == 0) return;
    visit(length, inside_a, inside_b);
    left_a -= length;
    left_b -= length;
  }
}

/// height x width as 32 bits. Throws OptionError when it does not fit or a side is negative.
std::uint32_t checked_mask_pixels(std::int64_t height, std::int64_t width);

}  // namespace fovea
