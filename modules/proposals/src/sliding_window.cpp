#include "fovea/proposals/sliding_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "proposal_input.hpp"

namespace fovea {

namespace {

constexpr std::size_t kMaxWindows = 1 << 24;

void check_positive(const std::vector<double>& values, const char* what) {
  if (values.empty()) throw OptionError(fmt::format("[sliding_window] wants at least one of the {}", what));
  for (const double value : values)
    if (!(value > 0 && std::isfinite(value))) throw OptionError(fmt::format("[sliding_window] {} are above 0, found {}", what, value));
}

/// First pixels of windows along one axis; the last touches the border.
std::vector<int> places(int side, int extent, double stride) {
  const int step = std::max(1, static_cast<int>(std::lround(side * stride)));
  std::vector<int> list;
  for (int at = 0; at + side < extent; at += step) list.push_back(at);
  list.push_back(extent - side);
  return list;
}

/// Whole-pixel window sizes of all levels that fit.
std::set<std::pair<int, int>> window_sizes(const SlidingWindowOptions& options, cv::Size image) {
  std::set<std::pair<int, int>> sizes;
  for (const double size : options.sizes)
    for (const double aspect : options.aspects)
      for (double scale = 1;; scale *= options.pyramid) {
        const double width = std::round(size * scale * std::sqrt(aspect)), height = std::round(size * scale / std::sqrt(aspect));
        if (width > image.width || height > image.height) break;
        if (width >= 1 && height >= 1) sizes.emplace(static_cast<int>(width), static_cast<int>(height));
        if (options.pyramid == 1) break;
      }
  return sizes;
}

}  // namespace

SlidingWindows::SlidingWindows(SlidingWindowOptions options) : options_(std::move(options)) {
  check_positive(options_.sizes, "sizes");
  check_positive(options_.aspects, "aspects");
  if (!(options_.stride > 0 && options_.stride <= 1))
    throw OptionError(fmt::format("[sliding_window] the stride is above 0 and at most 1 side of the window, found {}", options_.stride));
  if (!(options_.pyramid >= 1 && std::isfinite(options_.pyramid)))
    throw OptionError(fmt::format("[sliding_window] the pyramid's factor is 1 or more, found {}", options_.pyramid));
  if (options_.pyramid > 1 && options_.pyramid < 1.01)
    throw OptionError(fmt::format("[sliding_window] the pyramid's factor is 1 or at least 1.01, found {}", options_.pyramid));
  check_max_boxes(options_.max_boxes, "sliding_window");
}

std::vector<Proposal> SlidingWindows::propose(const cv::Mat& image) const {
  check_proposal_input(image, "sliding_window");
  std::vector<Box> windows;
  for (const auto& [width, height] : window_sizes(options_, image.size())) {
    const std::vector<int> columns = places(width, image.cols, options_.stride), rows = places(height, image.rows, options_.stride);
    if (windows.size() + columns.size() * rows.size() > kMaxWindows)
      throw OptionError(
          fmt::format("[sliding_window] gives up to {} windows; an image of {}x{} pixels has more with these sizes and strides",
                      kMaxWindows, image.cols, image.rows));
    for (const int y : rows)
      for (const int x : columns)
        windows.push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)});
  }
  if (windows.empty()) windows.push_back({0, 0, static_cast<float>(image.cols), static_cast<float>(image.rows)});
  const auto count = static_cast<std::int64_t>(windows.size());
  const std::int64_t wanted = options_.max_boxes == 0 ? count : std::min(count, options_.max_boxes);
  const std::vector<std::int64_t> order = random_permutation(count, RandomStream(options_.seed, 0x5177));
  std::vector<Proposal> proposals;
  for (std::int64_t i = 0; i < wanted; ++i)
    proposals.push_back({.box = windows[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])],
                         .score = 1 - static_cast<double>(i) / static_cast<double>(count),
                         .segment = {}});
  return proposals;
}

double count_boxes(std::int64_t height, std::int64_t width) {
  return static_cast<double>(height * (height + 1) / 2) * static_cast<double>(width * (width + 1) / 2);
}

}  // namespace fovea
