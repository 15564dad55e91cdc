#include "fovea/superpixels/felzenszwalb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "disjoint_regions.hpp"
#include "edge_order.hpp"
#include "fovea/base/error.hpp"
#include "pixel_planes.hpp"

namespace fovea {

namespace {

constexpr const char* kName = "felzenszwalb";
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 30;  // four edges a pixel have indices of 32 bits
constexpr std::size_t kAhead = 16;                          // edges between the request for memory and its use
constexpr std::size_t kGroups = 32;                         // of edges, between which the roots of all pixels are looked up

void check(const cv::Mat& image, const PixelGraphOptions& options) {
  if (static_cast<std::int64_t>(image.rows) * image.cols > kMaxPixels)
    throw ShapeError(fmt::format("[{}] takes up to {} pixels, found {}x{}", kName, kMaxPixels, image.cols, image.rows));
  if (!(options.sigma >= 0 && options.sigma <= 100))
    throw OptionError(fmt::format("[{}] sigma is from 0 to 100 pixels, found {}", kName, options.sigma));
  if (options.neighbours != 4 && options.neighbours != 8)
    throw OptionError(fmt::format("[{}] a pixel has 4 or 8 neighbours, found {}", kName, options.neighbours));
}

void check(double scale, std::int64_t min_size) {
  if (!(scale >= 0 && std::isfinite(scale))) throw OptionError(fmt::format("[{}] the scale is 0 or more, found {}", kName, scale));
  if (min_size < 1) throw OptionError(fmt::format("[{}] the minimum size is at least 1 pixel, found {}", kName, min_size));
}

/// The two passes over the ordered edges.
///
/// Most edges lie inside a region by the time their weight's turn comes. Walking up the trees of both ends to find that out costs several
/// mispredicted branches an edge; so the root of every pixel is noted now and then, and edges whose ends have the same note are dropped
/// by a loop without branches, before they are even sorted.
class Growth {
 public:
  Growth(std::int64_t height, std::int64_t width, const EdgeEnds& ends, double scale)
      : ends_(ends),
        scale_(static_cast<float>(scale)),
        height_(height),
        width_(width),
        pixels_(height * width),
        regions_(pixels_, scale_),
        roots_(pixels_) {
    for (std::int64_t i = 0; i < pixels_; ++i) roots_[i] = static_cast<std::int32_t>(i);
  }

  /// Does nothing while hardly a region has grown since the last time.
  void note_roots_if_stale(const Threads& threads) {
    constexpr std::int64_t kShare = 64;
    if (joins_ * kShare >= pixels_) note_roots(threads);
  }
  void note_roots(const Threads& threads) {
    constexpr std::int64_t kGrain = 1 << 14;
    joins_ = 0;
    parallel_for(threads, pixels_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) roots_[i] = regions_.look(roots_[i]);
    });
  }

  /// Copies the edges between regions, as far as noted, to `to`, which may be where they come from; returns how many. No later step
  /// looks at the others. Several threads may do so at a time.
  std::size_t drop_inner(std::span<const Edge> edges, Edge* to) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      if (i + kAhead < edges.size()) prefetch_notes(edges[i + kAhead]);
      const Edge edge = edges[i];
      to[count] = edge;
      count += roots_[ends_.first(edge)] != roots_[ends_.second(edge)] ? 1 : 0;
    }
    return count;
  }

  /// The first pass over some edges. Those that stay between two regions are written to `kept`, which may be where they came from; returns
  /// how many.
  std::size_t join_similar(std::span<const Edge> edges, Edge* kept) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      if (i + 2 * kAhead < edges.size()) prefetch_notes(edges[i + 2 * kAhead]);
      if (i + kAhead < edges.size()) prefetch_regions(edges[i + kAhead]);
      const Edge edge = edges[i];
      const auto [a, b] = regions_of(edge);
      if (a == b) continue;
      const float weight = weight_of(edge);
      if (weight <= std::min(regions_.threshold(a), regions_.threshold(b))) {
        ++joins_;
        const std::int32_t joined = regions_.join(a, b);
        regions_.set_threshold(joined, weight + scale_ / static_cast<float>(regions_.size(joined)));
      } else {
        kept[count++] = edge;
      }
    }
    return count;
  }

  /// The second pass, over the edges that the first kept: the others lie inside regions.
  void join_small(std::span<const Edge> kept, std::int64_t min_size) {
    if (min_size <= 1) return;
    for (const Edge edge : kept) {
      const auto [a, b] = regions_of(edge);
      if (a != b && (regions_.size(a) < min_size || regions_.size(b) < min_size)) regions_.join(a, b);
    }
  }

  /// Numbers the regions; the end of the growth.
  RegionMap take_labels(const Threads& threads) {
    note_roots(threads);
    RegionMap map{.labels = cv::Mat(static_cast<int>(height_), static_cast<int>(width_), CV_32S), .count = 0};
    auto* const labels = map.labels.ptr<std::int32_t>();
    for (std::int64_t i = 0; i < pixels_; ++i) regions_.number(roots_[i]) = -1;
    for (std::int64_t i = 0; i < pixels_; ++i) {
      std::int32_t& number = regions_.number(roots_[i]);
      if (number < 0) number = map.count++;
      labels[i] = number;
    }
    return map;
  }

 private:
  std::pair<std::int32_t, std::int32_t> regions_of(Edge edge) {
    return {regions_.find(roots_[ends_.first(edge)]), regions_.find(roots_[ends_.second(edge)])};
  }
  void prefetch_notes(Edge edge) const {
    __builtin_prefetch(roots_.get() + ends_.first(edge));
    __builtin_prefetch(roots_.get() + ends_.second(edge));
  }
  void prefetch_regions(Edge edge) const {
    regions_.prefetch(roots_[ends_.first(edge)]);
    regions_.prefetch(roots_[ends_.second(edge)]);
  }

  const EdgeEnds& ends_;
  float scale_;
  std::int64_t height_, width_, pixels_;
  std::int64_t joins_ = 0;  // since the roots were noted
  DisjointRegions regions_;
  HostArray<std::int32_t> roots_;  // of every pixel, as last noted: a vertex on its way to the root
};

/// Edges between two notes of the roots, which cost a pass over all pixels.
std::size_t group_size(std::size_t edges) { return std::max<std::size_t>(edges / kGroups, 1 << 14); }

/// The first pass over buckets that are not sorted yet. What is kept lies at the front of the edges' memory; returns how much.
/// In each group of buckets all threads drop and sort, and one joins. Towards the end hardly an edge is left to sort.
std::size_t join_in_groups(EdgeOrder& order, Growth& growth, const Threads& threads) {
  const std::size_t group = group_size(order.all().size());
  std::vector<std::vector<Edge>> scratch(static_cast<std::size_t>(threads.count()));
  std::size_t kept = 0;
  for (std::int64_t begin = 0, end = 0; begin < order.buckets(); begin = end) {
    std::vector<std::span<Edge>> buckets;
    for (std::size_t size = 0; end < order.buckets() && size < group; ++end)
      if (const std::span<Edge> bucket = order.bucket(end); !bucket.empty()) {
        buckets.push_back(bucket);
        size += bucket.size();
      }
    growth.note_roots_if_stale(threads);
    parallel_slots(threads, static_cast<std::int64_t>(buckets.size()), [&](std::int64_t b, int slot) {
      std::span<Edge>& edges = buckets[static_cast<std::size_t>(b)];
      edges = edges.first(growth.drop_inner(edges, edges.data()));
      sort_bucket(edges, scratch[static_cast<std::size_t>(slot)]);
    });
    for (const std::span<Edge> edges : buckets) kept += growth.join_similar(edges, order.data() + kept);
  }
  return kept;
}

}  // namespace

FelzenszwalbOptions lecture_felzenszwalb(double scale) {
  return {.scale = scale, .min_size = 1, .graph = {.sigma = 0, .neighbours = 4, .distance = PixelGraphOptions::Distance::squared}};
}

RegionMap felzenszwalb(const cv::Mat& image, const FelzenszwalbOptions& options, const Threads& threads) {
  check(image, options.graph);
  check(options.scale, options.min_size);
  EdgeOrder order(smooth_planes(image, options.graph.sigma, threads, kName), options.graph, threads);
  Growth growth(image.rows, image.cols, order.ends(), options.scale);
  const std::size_t kept = join_in_groups(order, growth, threads);
  growth.join_small(order.all().first(kept), options.min_size);
  return growth.take_labels(threads);
}

struct PixelGraph::Edges {
  std::int64_t height, width;
  EdgeOrder order;
};

PixelGraph::PixelGraph(const cv::Mat& image, const PixelGraphOptions& options, const Threads& threads) {
  check(image, options);
  edges_ = std::make_unique<Edges>(
      Edges{image.rows, image.cols, EdgeOrder(smooth_planes(image, options.sigma, threads, kName), options, threads)});
  std::vector<std::vector<Edge>> scratch(static_cast<std::size_t>(threads.count()));
  parallel_slots(threads, edges_->order.buckets(), [&](std::int64_t bucket, int slot) {
    sort_bucket(edges_->order.bucket(bucket), scratch[static_cast<std::size_t>(slot)]);
  });
}

PixelGraph::~PixelGraph() = default;
PixelGraph::PixelGraph(PixelGraph&&) noexcept = default;
PixelGraph& PixelGraph::operator=(PixelGraph&&) noexcept = default;

RegionMap PixelGraph::partition(double scale, std::int64_t min_size) const {
  check(scale, min_size);
  const Threads alone(1);
  Growth growth(edges_->height, edges_->width, edges_->order.ends(), scale);
  std::vector<Edge> kept;
  const std::span<const Edge> all = edges_->order.all();
  const std::size_t group = group_size(all.size());
  for (std::size_t begin = 0; begin < all.size(); begin += group) {
    const std::size_t size = std::min(group, all.size() - begin), before = kept.size();
    kept.resize(before + size);
    Edge* const to = kept.data() + before;
    growth.note_roots_if_stale(alone);
    const std::size_t between = growth.drop_inner(all.subspan(begin, size), to);
    kept.resize(before + growth.join_similar({to, between}, to));
  }
  growth.join_small(kept, min_size);
  return growth.take_labels(alone);
}

}  // namespace fovea
