#include "fovea/detection/anchors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

namespace {

/// The anchor that a size is most like: of equal ones the first.
struct Nearest {
  std::size_t index = 0;
  double iou = -1;
};
Nearest nearest(const AnchorSize& size, std::span<const AnchorSize> anchors) {
  Nearest best;
  for (std::size_t k = 0; k < anchors.size(); ++k)
    if (const double iou = shape_iou(size, anchors[k]); iou > best.iou) best = {k, iou};
  return best;
}

/// k-means++: each next one is drawn with a probability that grows with the squared distance to those that there are.
std::vector<AnchorSize> draw_seeds(std::span<const AnchorSize> sizes, const AnchorClusterOptions& options) {
  RandomStream stream(options.seed);
  std::vector<AnchorSize> seeds{sizes[stream.below(sizes.size())]};
  std::vector<double> distances(sizes.size(), 1);
  while (std::ssize(seeds) < options.count) {
    double total = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      distances[i] = std::min(distances[i], std::pow(1 - shape_iou(sizes[i], seeds.back()), 2));
      total += distances[i];
    }
    double rest = stream.uniform(0, 1) * total;
    std::size_t drawn = 0;
    while (drawn + 1 < sizes.size() && rest >= distances[drawn]) rest -= distances[drawn++];
    seeds.push_back(sizes[drawn]);
  }
  return seeds;
}

std::vector<AnchorSize> cluster_means(std::span<const AnchorSize> sizes, const std::vector<Nearest>& assigned, std::size_t clusters) {
  struct Sum {
    double width = 0, height = 0, count = 0;
  };
  std::vector<Sum> sums(clusters);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Sum& sum = sums[assigned[i].index];
    sum.width += sizes[i].width;
    sum.height += sizes[i].height;
    ++sum.count;
  }
  std::vector<Nearest> by_distance = assigned;  // index: of the box, for clusters that lost all of theirs
  for (std::size_t i = 0; i < by_distance.size(); ++i) by_distance[i].index = i;
  std::stable_sort(by_distance.begin(), by_distance.end(), [](const Nearest& a, const Nearest& b) { return a.iou < b.iou; });
  auto farthest = by_distance.begin();
  std::vector<AnchorSize> means;
  for (const Sum& sum : sums)
    means.push_back(sum.count > 0 ? AnchorSize{static_cast<float>(sum.width / sum.count), static_cast<float>(sum.height / sum.count)}
                                  : sizes[(farthest++)->index]);
  return means;
}

}  // namespace

double shape_iou(const AnchorSize& a, const AnchorSize& b) {
  return iou(Box{-a.width / 2, -a.height / 2, a.width / 2, a.height / 2}, Box{-b.width / 2, -b.height / 2, b.width / 2, b.height / 2});
}

AnchorClusters cluster_anchors(std::span<const AnchorSize> all, const AnchorClusterOptions& options) {
  std::vector<AnchorSize> sizes;
  for (const AnchorSize& size : all)
    if (size.width > 0 && size.height > 0) sizes.push_back(size);
  if (options.count < 1 || options.count > std::ssize(sizes))
    throw OptionError(fmt::format("[cluster_anchors] expected 1 to {} clusters, as many as boxes, found {}", sizes.size(), options.count));
  if (options.iterations < 1) throw OptionError(fmt::format("[cluster_anchors] iterations is at least 1, found {}", options.iterations));
  AnchorClusters result{.anchors = draw_seeds(sizes, options)};
  std::vector<Nearest> assigned(sizes.size());
  bool changed = true;
  while (changed && result.iterations < options.iterations) {
    changed = result.iterations == 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const Nearest now = nearest(sizes[i], result.anchors);
      changed |= now.index != assigned[i].index;
      assigned[i] = now;
    }
    if (changed) result.anchors = cluster_means(sizes, assigned, result.anchors.size());
    ++result.iterations;
  }
  std::sort(result.anchors.begin(), result.anchors.end(), [](const AnchorSize& a, const AnchorSize& b) { return a.area() < b.area(); });
  for (const AnchorSize& size : sizes) {
    const double best = nearest(size, result.anchors).iou;
    result.mean_iou += best;
    result.recall += best > 0.5 ? 1 : 0;
  }
  result.mean_iou /= static_cast<double>(sizes.size());
  result.recall /= static_cast<double>(sizes.size());
  return result;
}

std::vector<AnchorSize> anchor_sizes(std::span<const double> sizes, std::span<const double> ratios) {
  std::vector<AnchorSize> anchors;
  for (const double size : sizes)
    for (const double ratio : ratios) {
      if (!(size > 0 && ratio > 0))
        throw OptionError(fmt::format("[anchor_sizes] sizes and ratios are more than 0, found {} and {}", size, ratio));
      anchors.push_back({static_cast<float>(size / std::sqrt(ratio)), static_cast<float>(size * std::sqrt(ratio))});
    }
  return anchors;
}

std::vector<Box> grid_anchors(std::int64_t rows, std::int64_t columns, float stride, std::span<const AnchorSize> sizes) {
  std::vector<Box> anchors;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      for (const AnchorSize& size : sizes) {
        const float x = (static_cast<float>(column) + 0.5f) * stride, y = (static_cast<float>(row) + 0.5f) * stride;
        anchors.push_back({x - size.width / 2, y - size.height / 2, x + size.width / 2, y + size.height / 2});
      }
  return anchors;
}

}  // namespace fovea
