#include "fovea/vision/polygon_mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "fovea/base/error.hpp"
#include "mask_runs.hpp"

namespace fovea {

namespace {

constexpr double kFine = 5;                             // fine pixels per pixel
constexpr int kMiddle = 2;                              // the fine column through the centre of a pixel's column
constexpr double kLargestCoordinate = 1 << 24;          // fine coordinates and their differences fit an int
constexpr std::int64_t kMostOutlinePixels = 1LL << 28;  // a bound on time: a second or so

struct FinePoint {
  int x = 0, y = 0;
};

/// Truncation, not floor: the rule.
FinePoint fine_point(double x, double y) { return {static_cast<int>(kFine * x + 0.5), static_cast<int>(kFine * y + 0.5)}; }

/// Calls visit for the fine pixels of the edge from a to b, both included, one for each step along its longer axis.
template <class Visit>
void visit_edge(FinePoint a, FinePoint b, Visit&& visit) {
  const int dx = std::abs(b.x - a.x), dy = std::abs(b.y - a.y);
  const bool flat = dx >= dy;
  const bool flip = flat ? a.x > b.x : a.y > b.y;  // computed from the lesser end, so that an edge has the same pixels both ways
  if (flip) std::swap(a, b);
  const int steps = flat ? dx : dy;
  const double slope = steps == 0 ? 0 : static_cast<double>(flat ? b.y - a.y : b.x - a.x) / steps;
  for (int d = 0; d <= steps; ++d) {
    const int t = flip ? steps - d : d;
    if (flat)
      visit(FinePoint{a.x + t, static_cast<int>(a.y + slope * t + 0.5)});
    else
      visit(FinePoint{static_cast<int>(a.x + slope * t + 0.5), a.y + t});
  }
}

/// Where the outline crosses the centres of columns: the index, column by column, of the first pixel below the crossing.
class Crossings {
 public:
  Crossings(std::int64_t height, std::int64_t width) : height_(height), width_(width) {}

  void step(FinePoint from, FinePoint to) {
    if (from.x == to.x) return;
    const int fine_column = to.x < from.x ? to.x : to.x - 1;
    const int offset = fine_column - kMiddle;
    if (offset < 0 || offset % static_cast<int>(kFine) != 0) return;
    const std::int64_t column = offset / static_cast<int>(kFine);
    if (column >= width_) return;
    const double y = (std::min(from.y, to.y) + 0.5) / kFine - 0.5;
    const double row = std::ceil(std::clamp(y, 0.0, static_cast<double>(height_)));
    pixels_.push_back(static_cast<std::uint32_t>(column * height_ + static_cast<std::int64_t>(row)));
  }

  /// Inside begins and ends at each crossing.
  std::vector<std::uint32_t> runs() {
    std::sort(pixels_.begin(), pixels_.end());
    RunWriter runs;
    std::uint32_t before = 0;
    bool inside = false;
    for (const std::uint32_t pixel : pixels_) {
      runs.append(pixel - before, inside);
      inside = !inside;
      before = pixel;
    }
    runs.append(static_cast<std::uint32_t>(height_ * width_) - before, inside);
    return runs.take();
  }

 private:
  std::int64_t height_, width_;
  std::vector<std::uint32_t> pixels_;
};

std::vector<FinePoint> checked_points(std::span<const double> xy) {
  if (xy.size() % 2 != 0) throw OptionError(fmt::format("a polygon of {} numbers, expected pairs x y", xy.size()));
  std::vector<FinePoint> points;
  for (std::size_t i = 0; i < xy.size(); i += 2) {
    for (const double value : {xy[i], xy[i + 1]})
      if (!(std::abs(value) <= kLargestCoordinate))
        throw OptionError(
            fmt::format("point {} of a polygon is ({}, {}), expected coordinates within ±{}", i / 2, xy[i], xy[i + 1], kLargestCoordinate));
    points.push_back(fine_point(xy[i], xy[i + 1]));
  }
  return points;
}

}  // namespace

RleMask mask_from_polygon(std::span<const double> xy, std::int64_t height, std::int64_t width) {
  checked_mask_pixels(height, width);
  const std::vector<FinePoint> points = checked_points(xy);
  std::int64_t outline = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const FinePoint a = points[i], b = points[(i + 1) % points.size()];
    outline += std::max(std::abs(a.x - b.x), std::abs(a.y - b.y)) + 1;
  }
  if (outline > kMostOutlinePixels)
    throw OptionError(fmt::format("the outline of a polygon is {:.0f} pixels long, expected at most {:.0f}",
                                  static_cast<double>(outline) / kFine, static_cast<double>(kMostOutlinePixels) / kFine));

  Crossings crossings(height, width);
  bool first = true;
  FinePoint before;
  for (std::size_t i = 0; i < points.size(); ++i)
    visit_edge(points[i], points[(i + 1) % points.size()], [&](FinePoint point) {
      if (!first) crossings.step(before, point);
      first = false;
      before = point;
    });
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width), crossings.runs()};
}

RleMask mask_from_box(double x, double y, double box_width, double box_height, std::int64_t height, std::int64_t width) {
  const double right = x + box_width, bottom = y + box_height;
  return mask_from_polygon(std::array{x, y, x, bottom, right, bottom, right, y}, height, width);
}

}  // namespace fovea
