#include "region_hierarchy.hpp"

#include <algorithm>
#include <queue>

namespace fovea {

namespace {

struct Candidate {
  float similarity;
  std::int32_t a, b;  // nodes, a < b
};

/// The queue's order: most similar first, equal ones by the nodes.
struct Later {
  bool operator()(const Candidate& left, const Candidate& right) const {
    if (left.similarity != right.similarity) return left.similarity < right.similarity;
    return std::pair(left.a, left.b) > std::pair(right.a, right.b);
  }
};

Box around(const Box& a, const Box& b) { return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)}; }

class Grouping {
 public:
  Grouping(RegionFeatures features, const std::vector<RegionEdge>& graph, const Similarity& similarity, double image_size)
      : features_(std::move(features)), similarity_(similarity), image_size_(image_size) {
    const std::size_t count = features_.sizes.size();
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back({.box = features_.boxes[i]});
      slots_.push_back(static_cast<std::int32_t>(i));
    }
    neighbours_.resize(count);
    std::vector<Candidate> candidates;
    for (const RegionEdge& edge : graph) {
      neighbours_[static_cast<std::size_t>(edge.a)].push_back(edge.b);
      neighbours_[static_cast<std::size_t>(edge.b)].push_back(edge.a);
      candidates.push_back({similarity_of(edge.a, edge.b), edge.a, edge.b});
    }
    queue_ = Queue(Later(), std::move(candidates));
  }

  std::vector<HierarchyNode> run() {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (slot(best.a) >= 0 && slot(best.b) >= 0) join(best.a, best.b);
    }
    return std::move(nodes_);
  }

 private:
  using Queue = std::priority_queue<Candidate, std::vector<Candidate>, Later>;

  /// Where a node's features are; -1 when it has become part of another.
  std::int32_t& slot(std::int32_t node) { return slots_[static_cast<std::size_t>(node)]; }
  double size(std::int32_t in_slot) const { return static_cast<double>(features_.sizes[static_cast<std::size_t>(in_slot)]); }

  float similarity_of(std::int32_t a, std::int32_t b) {
    const std::int32_t i = slot(a), j = slot(b);
    double sum = 0;
    if (similarity_.colour) sum += features_.colour.intersection(i, j);
    if (similarity_.texture) sum += features_.texture.intersection(i, j);
    const double both = size(i) + size(j);
    if (similarity_.size) sum += 1 - both / image_size_;
    if (similarity_.fill) {
      const Box box = around(nodes_[static_cast<std::size_t>(a)].box, nodes_[static_cast<std::size_t>(b)].box);
      sum += 1 - (static_cast<double>(box.width()) * box.height() - both) / image_size_;
    }
    return static_cast<float>(sum);
  }

  /// The union takes the first one's place in the features.
  void join(std::int32_t a, std::int32_t b) {
    const std::int32_t i = slot(a), j = slot(b), node = static_cast<std::int32_t>(nodes_.size());
    if (similarity_.colour) features_.colour.merge(i, j, size(i), size(j));
    if (similarity_.texture) features_.texture.merge(i, j, size(i), size(j));
    features_.sizes[static_cast<std::size_t>(i)] += features_.sizes[static_cast<std::size_t>(j)];
    nodes_.push_back(
        {.box = around(nodes_[static_cast<std::size_t>(a)].box, nodes_[static_cast<std::size_t>(b)].box), .left = a, .right = b});
    slots_.push_back(i);
    slot(a) = slot(b) = -1;
    std::vector<std::int32_t> around_both = std::move(neighbours_[static_cast<std::size_t>(a)]);
    const std::vector<std::int32_t> of_b = std::move(neighbours_[static_cast<std::size_t>(b)]);
    around_both.insert(around_both.end(), of_b.begin(), of_b.end());
    std::erase_if(around_both, [&](std::int32_t other) { return slot(other) < 0; });
    std::sort(around_both.begin(), around_both.end());
    around_both.erase(std::unique(around_both.begin(), around_both.end()), around_both.end());
    for (const std::int32_t other : around_both) {
      neighbours_[static_cast<std::size_t>(other)].push_back(node);
      queue_.push({similarity_of(other, node), other, node});
    }
    neighbours_.push_back(std::move(around_both));
  }

  RegionFeatures features_;
  Similarity similarity_;
  double image_size_;
  std::vector<HierarchyNode> nodes_;
  std::vector<std::int32_t> slots_;
  std::vector<std::vector<std::int32_t>> neighbours_;  // of each node; those that are part of another by now are skipped
  Queue queue_;
};

}  // namespace

std::vector<HierarchyNode> build_hierarchy(RegionFeatures features, const std::vector<RegionEdge>& graph, const Similarity& similarity,
                                           double image_size) {
  return Grouping(std::move(features), graph, similarity, image_size).run();
}

}  // namespace fovea
