// The edges of a pixel graph, by weight and then by index.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/superpixels/felzenszwalb.hpp"
#include "host_array.hpp"
#include "pixel_planes.hpp"

namespace fovea {

/// The bits of the weight, which order as it does because no weight is negative, above the 32 bits of the index: comparing two edges is
/// comparing two integers, and no two are equal.
using Edge = std::uint64_t;

inline float weight_of(Edge edge) { return std::bit_cast<float>(static_cast<std::uint32_t>(edge >> 32)); }

/// Which two pixels an edge joins.
class EdgeEnds {
 public:
  EdgeEnds(std::int64_t width, int neighbours);
  std::int32_t first(Edge edge) const { return static_cast<std::int32_t>(static_cast<std::uint32_t>(edge) >> shift_); }
  std::int32_t second(Edge edge) const { return first(edge) + offset_[edge & mask_]; }

 private:
  int shift_;
  std::uint32_t mask_;
  std::int32_t offset_[4];
};

/// All edges, in buckets whose ranges of weights ascend; inside a bucket they are in order of the index until sort_bucket.
///
/// A bucket is 1/64 of an octave of weights. One pass counts and a second writes, so that nothing but the edges themselves (8 bytes each)
/// is held; a bucket is small enough to be sorted in the caches when its turn comes.
class EdgeOrder {
 public:
  EdgeOrder(const PixelPlanes& planes, const PixelGraphOptions& options, const Threads& threads);

  std::int64_t buckets() const { return static_cast<std::int64_t>(begin_.size()) - 1; }
  std::span<Edge> bucket(std::int64_t index);
  std::span<const Edge> all() const { return {edges_.get(), begin_.back()}; }
  Edge* data() { return edges_.get(); }
  const EdgeEnds& ends() const { return ends_; }

 private:
  EdgeEnds ends_;
  HostArray<Edge> edges_;
  std::vector<std::size_t> begin_;  // of each bucket, and the end of the last
};

/// Sorts edges that are in order of the index. `scratch` grows as needed, to at most 2^20 edges.
void sort_bucket(std::span<Edge> edges, std::vector<Edge>& scratch);

}  // namespace fovea
