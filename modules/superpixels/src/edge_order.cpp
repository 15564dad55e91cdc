#include "edge_order.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace fovea {

namespace {

/// Steps of one pixel to the neighbours that come after it in scan order, in the order of the edge index.
struct Step {
  std::int64_t dx, dy;
};
constexpr std::array<Step, 4> kEight{{{1, 0}, {-1, 1}, {0, 1}, {1, 1}}};
constexpr std::array<Step, 2> kFour{{{1, 0}, {0, 1}}};

std::span<const Step> steps_for(int neighbours) { return neighbours == 8 ? std::span<const Step>(kEight) : std::span<const Step>(kFour); }

/// Weights from 2^-14 to 2^18 (the square of the largest distance of three 8-bit channels) fall into 64 buckets an octave, what is
/// beyond into the first and the last.
constexpr int kMantissaBits = 6, kDroppedBits = 23 - kMantissaBits;
constexpr std::int32_t kFirst = (127 - 14) << kMantissaBits, kBuckets = 32 << kMantissaBits;

inline std::int32_t bucket_of(std::uint32_t weight_bits) {
  return std::clamp(static_cast<std::int32_t>(weight_bits >> kDroppedBits) - kFirst, 0, kBuckets - 1);
}

/// The weights of one row's edges, step after step.
class RowWeights {
 public:
  RowWeights(const PixelPlanes& planes, const PixelGraphOptions& options)
      : planes_(planes),
        steps_(steps_for(options.neighbours)),
        squared_(options.distance == PixelGraphOptions::Distance::squared),
        weights_(steps_.size() * static_cast<std::size_t>(planes.width)) {}

  /// Calls body(weight bits, x, step) for every edge of row y in the order of the index.
  template <class Body>
  void for_edges(std::int64_t y, Body body) {
    const std::int64_t width = planes_.width;
    for (std::size_t s = 0; s < steps_.size(); ++s) compute(y, s);
    const auto pixel = [&](std::int64_t x) {
      for (std::size_t s = 0; s < steps_.size(); ++s)
        if (has_edge(y, x, steps_[s])) body(std::bit_cast<std::uint32_t>(row(s)[x]), x, s);
    };
    if (y + 1 == planes_.height) {
      for (std::int64_t x = 0; x < width; ++x) pixel(x);
      return;
    }
    pixel(0);
    for (std::int64_t x = 1; x + 1 < width; ++x)  // all of their edges are there
      for (std::size_t s = 0; s < steps_.size(); ++s) body(std::bit_cast<std::uint32_t>(row(s)[x]), x, s);
    if (width > 1) pixel(width - 1);
  }

 private:
  float* row(std::size_t step) { return weights_.data() + static_cast<std::int64_t>(step) * planes_.width; }
  bool has_edge(std::int64_t y, std::int64_t x, const Step& step) const {
    return x + step.dx >= 0 && x + step.dx < planes_.width && y + step.dy < planes_.height;
  }

  void compute(std::int64_t y, std::size_t s) {
    const Step step = steps_[s];
    if (y + step.dy >= planes_.height) return;
    const std::int64_t begin = step.dx < 0 ? 1 : 0, end = planes_.width - (step.dx > 0 ? 1 : 0);
    float* const out = row(s);
    std::fill(out, out + planes_.width, 0.0f);
    for (std::int64_t c = 0; c < planes_.channels; ++c) {
      const float* const a = planes_.row(c, y);
      const float* const b = planes_.row(c, y + step.dy) + step.dx;
      for (std::int64_t x = begin; x < end; ++x) out[x] += (a[x] - b[x]) * (a[x] - b[x]);
    }
    if (!squared_)
      for (std::int64_t x = begin; x < end; ++x) out[x] = std::sqrt(out[x]);
  }

  const PixelPlanes& planes_;
  std::span<const Step> steps_;
  bool squared_;
  std::vector<float> weights_;
};

/// One pass of a least-significant-digit radix sort, stable.
template <int kBits>
void radix_pass(std::span<const Edge> from, Edge* to, int shift) {
  std::array<std::uint32_t, 1 << kBits> place{};
  const auto digit = [shift](Edge edge) { return static_cast<std::size_t>(edge >> shift) & ((1 << kBits) - 1); };
  for (const Edge edge : from) ++place[digit(edge)];
  std::uint32_t sum = 0;
  for (std::uint32_t& count : place) sum += std::exchange(count, sum);
  for (const Edge edge : from) to[place[digit(edge)]++] = edge;
}

}  // namespace

EdgeEnds::EdgeEnds(std::int64_t width, int neighbours) : shift_(neighbours == 8 ? 2 : 1), mask_(neighbours == 8 ? 3 : 1), offset_{} {
  const auto steps = steps_for(neighbours);
  for (std::size_t s = 0; s < steps.size(); ++s) offset_[s] = static_cast<std::int32_t>(steps[s].dy * width + steps[s].dx);
}

EdgeOrder::EdgeOrder(const PixelPlanes& planes, const PixelGraphOptions& options, const Threads& threads)
    : ends_(planes.width, options.neighbours), begin_(kBuckets + 1) {
  const std::int64_t band_rows = rows_per_band(planes.width), bands = (planes.height + band_rows - 1) / band_rows;
  std::vector<std::size_t> next(static_cast<std::size_t>(bands * kBuckets));  // counts, then where each band writes into each bucket
  const auto for_band = [&](std::int64_t band, auto body) {
    RowWeights weights(planes, options);
    std::size_t* const of_band = next.data() + band * kBuckets;
    for (std::int64_t y = band * band_rows; y < std::min(planes.height, (band + 1) * band_rows); ++y)
      weights.for_edges(y, [&](std::uint32_t bits, std::int64_t x, std::size_t step) {
        body(of_band[bucket_of(bits)], bits, y * planes.width + x, step);
      });
  };
  parallel_blocks(threads, bands, [&](std::int64_t band) {
    for_band(band, [](std::size_t& count, std::uint32_t, std::int64_t, std::size_t) { ++count; });
  });
  std::size_t total = 0;
  for (std::size_t b = 0; b < kBuckets; ++b) {
    begin_[b] = total;
    for (std::size_t band = 0; band < static_cast<std::size_t>(bands); ++band) {
      std::size_t& count = next[band * kBuckets + b];
      total += std::exchange(count, total);
    }
  }
  begin_[kBuckets] = total;
  edges_ = HostArray<Edge>(static_cast<std::int64_t>(total));
  const std::size_t steps = steps_for(options.neighbours).size();
  parallel_blocks(threads, bands, [&](std::int64_t band) {
    for_band(band, [&](std::size_t& place, std::uint32_t bits, std::int64_t pixel, std::size_t step) {
      edges_.get()[place++] = std::uint64_t{bits} << 32 | (static_cast<std::uint64_t>(pixel) * steps + step);
    });
  });
}

std::span<Edge> EdgeOrder::bucket(std::int64_t index) {
  const auto b = static_cast<std::size_t>(index);
  return {edges_.get() + begin_[b], begin_[b + 1] - begin_[b]};
}

void sort_bucket(std::span<Edge> edges, std::vector<Edge>& scratch) {
  constexpr std::size_t kFew = 128, kMany = 1 << 20;
  constexpr int kDigit = 9, kIndexBits = 32;
  Edge varying = 0;
  for (const Edge edge : edges) varying |= edge ^ edges.front();
  if (varying >> kIndexBits == 0) return;  // equal weights are in order of the index already
  if (edges.size() <= kFew || edges.size() > kMany) return std::sort(edges.begin(), edges.end());  // in place: no scratch of that size
  scratch.resize(std::max(scratch.size(), edges.size()));
  Edge *from = edges.data(), *to = scratch.data();
  for (int shift = kIndexBits; shift < 64 && varying >> shift != 0; shift += kDigit) {
    radix_pass<kDigit>({from, edges.size()}, to, shift);
    std::swap(from, to);
  }
  if (from != edges.data()) std::copy(from, from + edges.size(), edges.data());
}

}  // namespace fovea
