#include "fovea/superpixels/region_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

std::vector<RegionEdge> region_graph(const RegionMap& regions, int neighbours) {
  check_region_map(regions, "region_graph");
  if (neighbours != 4 && neighbours != 8)
    throw OptionError(fmt::format("[region_graph] a pixel has 4 or 8 neighbours, found {}", neighbours));
  const cv::Mat& labels = regions.labels;
  std::vector<std::uint64_t> pairs;  // (a, b) of every pair of pixels
  const auto add = [&](std::int32_t a, std::int32_t b) {
    if (a == b) return;
    const auto [low, high] = std::minmax(a, b);
    pairs.push_back(static_cast<std::uint64_t>(low) << 32 | static_cast<std::uint64_t>(high));
  };
  for (int y = 0; y < labels.rows; ++y) {
    const auto* const row = labels.ptr<std::int32_t>(y);
    for (int x = 0; x + 1 < labels.cols; ++x) add(row[x], row[x + 1]);
    if (y + 1 == labels.rows) break;
    const auto* const below = labels.ptr<std::int32_t>(y + 1);
    for (int x = 0; x < labels.cols; ++x) add(row[x], below[x]);
    if (neighbours == 4) continue;
    for (int x = 0; x + 1 < labels.cols; ++x) {
      add(row[x], below[x + 1]);
      add(row[x + 1], below[x]);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<RegionEdge> edges;
  for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && pairs[end] == pairs[begin]) ++end;
    edges.push_back(
        {static_cast<std::int32_t>(pairs[begin] >> 32), static_cast<std::int32_t>(pairs[begin]), static_cast<std::int64_t>(end - begin)});
  }
  return edges;
}

}  // namespace fovea
