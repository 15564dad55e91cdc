#include "fovea/proposals/selective_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/text.hpp"
#include "fovea/superpixels/felzenszwalb.hpp"
#include "fovea/superpixels/region_graph.hpp"
#include "proposal_input.hpp"
#include "region_features.hpp"
#include "region_hierarchy.hpp"

namespace fovea {

namespace {

constexpr const char* kName = "selective_search";
constexpr Similarity kAll{true, true, true, true}, kWithoutColour{false, true, true, true}, kFill{.fill = true}, kSize{.size = true};

/// A segmentation in one colour space with all that strategies share.
struct Segmentation {
  RegionMap regions;
  RegionFeatures features;
  std::vector<RegionEdge> graph;
};

/// The result of one strategy.
struct Hierarchy {
  std::size_t segmentation;
  std::vector<HierarchyNode> nodes;
};

/// A region among all those of all strategies.
struct Ranked {
  double rank;
  std::size_t strategy;
  std::int32_t node;
};

std::vector<Segmentation> segment(const cv::Mat& image, const SelectiveSearchOptions& options, const Threads& threads) {
  const PixelGraph graph(image, {.sigma = options.sigma}, threads);
  const PixelBins bins(image, threads);
  std::vector<Segmentation> segmentations(options.scales.size());
  parallel_blocks(threads, static_cast<std::int64_t>(segmentations.size()), [&](std::int64_t i) {
    const double scale = options.scales[static_cast<std::size_t>(i)];
    Segmentation& segmentation = segmentations[static_cast<std::size_t>(i)];
    segmentation.regions = graph.partition(scale, std::max<std::int64_t>(1, std::llround(scale)));
    segmentation.features = region_features(segmentation.regions, bins);
    segmentation.graph = region_graph(segmentation.regions, 8);
  });
  return segmentations;
}

/// Regions in the order of the ranking. The whole image comes last in a hierarchy and has place 1.
std::vector<Ranked> rank(const std::vector<Hierarchy>& hierarchies, std::uint64_t seed) {
  std::vector<Ranked> ranked;
  for (std::size_t strategy = 0; strategy < hierarchies.size(); ++strategy) {
    RandomStream random(seed, 0x5553, strategy);
    const auto count = static_cast<std::int32_t>(hierarchies[strategy].nodes.size());
    for (std::int32_t place = 1; place <= count; ++place) ranked.push_back({place * random.uniform(), strategy, count - place});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return a.rank != b.rank ? a.rank < b.rank : std::pair(a.strategy, a.node) < std::pair(b.strategy, b.node);
  });
  return ranked;
}

/// Corners are whole numbers: equal boxes have equal keys.
struct BoxHash {
  std::size_t operator()(const Box& box) const {
    std::uint64_t key = 0;
    for (const float corner : {box.x1, box.y1, box.x2, box.y2}) key = key * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(corner);
    return key ^ key >> 29;
  }
};

/// 255 on the pixels of a node's regions.
cv::Mat segment_of(const RegionMap& regions, const std::vector<HierarchyNode>& nodes, std::int32_t node) {
  std::vector<bool> inside(static_cast<std::size_t>(regions.count));
  for (std::vector<std::int32_t> open = {node}; !open.empty();) {
    const HierarchyNode& at = nodes[static_cast<std::size_t>(open.back())];
    const std::int32_t index = open.back();
    open.pop_back();
    if (at.left < 0)
      inside[static_cast<std::size_t>(index)] = true;
    else
      open.insert(open.end(), {at.left, at.right});
  }
  const Box& box = nodes[static_cast<std::size_t>(node)].box;
  const int left = static_cast<int>(box.x1), top = static_cast<int>(box.y1);
  cv::Mat mask(static_cast<int>(box.height()), static_cast<int>(box.width()), CV_8U);
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x)
      mask.at<std::uint8_t>(y, x) = inside[static_cast<std::size_t>(regions.labels.at<std::int32_t>(top + y, left + x))] ? 255 : 0;
  return mask;
}

void check(const SelectiveSearchOptions& options) {
  if (options.spaces.empty() || options.scales.empty() || options.similarities.empty())
    throw OptionError(fmt::format("[{}] wants at least one colour space, scale and similarity", kName));
  for (const double scale : options.scales)
    if (!(scale >= 0 && std::isfinite(scale))) throw OptionError(fmt::format("[{}] scales are 0 or more, found {}", kName, scale));
  for (const Similarity& similarity : options.similarities)
    if (similarity == Similarity{})
      throw OptionError(fmt::format("[{}] a similarity is at least one of colour, texture, size, fill", kName));
  if (!(options.min_side >= 0 && std::isfinite(options.min_side)))
    throw OptionError(fmt::format("[{}] the smallest side is 0 or more, found {}", kName, options.min_side));
  check_max_boxes(options.max_boxes, kName);
}

}  // namespace

SelectiveSearchOptions selective_search_preset(const std::string& name) {
  using enum ColourSpace;
  if (name == "single") return {.spaces = {hsv}, .scales = {100}, .similarities = {kAll}};
  if (name == "fast") return {.spaces = {hsv, lab}, .scales = {50, 100}, .similarities = {kAll, kWithoutColour}};
  if (name == "quality")
    return {.spaces = {hsv, lab, rgi, hue, intensity}, .scales = {50, 100, 150, 300}, .similarities = {kAll, kWithoutColour, kFill, kSize}};
  const std::array<std::string, 3> known = {"single", "fast", "quality"};
  throw OptionError(unknown_name_message("preset", name, known));
}

SelectiveSearch::SelectiveSearch(SelectiveSearchOptions options, std::shared_ptr<const Threads> threads)
    : options_(std::move(options)), threads_(threads ? std::move(threads) : std::make_shared<const Threads>()) {
  check(options_);
}

std::vector<Proposal> SelectiveSearch::propose(const cv::Mat& image) const {
  check_proposal_input(image, kName);
  const std::size_t ways = options_.similarities.size();
  std::vector<RegionMap> maps;  // of all segmentations, for the segments
  std::vector<Hierarchy> hierarchies;
  for (const ColourSpace space : options_.spaces) {
    const std::vector<Segmentation> segmentations = segment(to_colour_space(image, space), options_, *threads_);
    const std::size_t first = hierarchies.size(), first_map = first / ways;
    hierarchies.resize(first + segmentations.size() * ways);
    parallel_blocks(*threads_, static_cast<std::int64_t>(segmentations.size() * ways), [&](std::int64_t block) {
      const auto strategy = static_cast<std::size_t>(block);
      const Segmentation& from = segmentations[strategy / ways];
      hierarchies[first + strategy] = {
          first_map + strategy / ways,
          build_hierarchy(from.features, from.graph, options_.similarities[strategy % ways], static_cast<double>(image.total()))};
    });
    for (const Segmentation& segmentation : segmentations) maps.push_back(options_.segments ? segmentation.regions : RegionMap{});
  }
  const float least = static_cast<float>(std::min(options_.min_side, std::min(image.rows, image.cols) / 10.0));
  std::vector<Proposal> proposals;
  std::unordered_set<Box, BoxHash> seen;
  for (const Ranked& entry : rank(hierarchies, options_.seed)) {
    if (options_.max_boxes > 0 && static_cast<std::int64_t>(proposals.size()) == options_.max_boxes) break;
    const Hierarchy& hierarchy = hierarchies[entry.strategy];
    const Box& box = hierarchy.nodes[static_cast<std::size_t>(entry.node)].box;
    if (box.width() < least || box.height() < least || !seen.insert(box).second) continue;
    proposals.push_back({.box = box, .score = 1 / (1 + entry.rank), .segment = {}});
    if (options_.segments) proposals.back().segment = segment_of(maps[hierarchy.segmentation], hierarchy.nodes, entry.node);
  }
  return proposals;
}

}  // namespace fovea
