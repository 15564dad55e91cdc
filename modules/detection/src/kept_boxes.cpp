#include "kept_boxes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

namespace {

/// So few boxes are compared faster than sorted.
constexpr std::size_t kFewBoxes = 64;
/// Bounds are computed from rounded sides and used for overlaps of rounded areas: they are wider by this part.
constexpr double kSlack = 1e-5;

double longer_side(const Box& box) { return std::max(box.width(), box.height()); }
double center_x(const Box& box) { return (static_cast<double>(box.x1) + box.x2) / 2; }
double center_y(const Box& box) { return (static_cast<double>(box.y1) + box.y2) / 2; }

/// The largest distance of the centres, on one axis, of a box that is `side` wide and another of at most `largest`.
double reach(double side, double largest, double threshold) {
  const double other = threshold > 0 ? std::min(largest, side / threshold) : largest;
  if (other <= side) return (side + other) / 2 - threshold * side;
  return threshold >= 0.5 ? (1 - threshold) * side : side / 2 + other * (0.5 - threshold);
}

float rounded_down(double value) {
  const auto rounded = static_cast<float>(value);
  return rounded > value ? std::nextafter(rounded, -1.0f) : rounded;
}

}  // namespace

KeptBoxes::KeptBoxes(std::span<const Box> boxes, kernels::BoxOverlap overlap, double threshold)
    : boxes_(boxes),
      overlap_(overlap),
      threshold_(threshold * (1 - kSlack)),
      single_threshold_(rounded_down(threshold)),
      cells_(boxes.size()),
      planes_(4 * boxes.size()) {
  std::vector<std::size_t> by_size(boxes.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  make_levels(by_size);
  // Every cell gets its place: as many boxes as may come into it.
  for (const std::int64_t cell : cells_) ++kept_[static_cast<std::size_t>(cell)].end;
  std::int64_t begin = 0;
  for (kernels::BoxRun& run : kept_) {
    const std::int64_t count = run.end;
    run = {begin, begin};
    begin += count;
  }
}

/// One for each power of two of the longer sides; one of a single cell for few boxes.
void KeptBoxes::make_levels(std::span<const std::size_t> all) {
  std::vector<std::vector<std::size_t>> members;
  if (boxes_.size() <= kFewBoxes) {
    members.emplace_back(all.begin(), all.end());
  } else {
    std::vector<std::pair<int, std::size_t>> exponents;
    for (const std::size_t i : all) exponents.emplace_back(std::ilogb(std::max(longer_side(boxes_[i]), 1e-30)), i);
    std::sort(exponents.begin(), exponents.end());
    for (std::size_t k = 0; k < exponents.size(); ++k) {
      if (k == 0 || exponents[k].first != exponents[k - 1].first) members.emplace_back();
      members.back().push_back(exponents[k].second);
    }
  }
  for (const std::vector<std::size_t>& boxes : members) {
    Level level = level_of(boxes);
    level.first_cell = std::ssize(kept_);
    kept_.resize(kept_.size() + static_cast<std::size_t>(level.columns * level.rows), {0, 0});
    for (const std::size_t i : boxes) cells_[i] = cell_of(level, boxes_[i]);
    levels_.push_back(level);
  }
}

KeptBoxes::Level KeptBoxes::level_of(std::span<const std::size_t> boxes) const {
  Level level{.shortest = std::numeric_limits<double>::infinity()};
  double x1 = level.shortest, y1 = level.shortest, x2 = -level.shortest, y2 = -level.shortest;
  for (const std::size_t i : boxes) {
    const Box& box = boxes_[i];
    level.shortest = std::min(level.shortest, longer_side(box));
    level.longest = std::max(level.longest, longer_side(box));
    x1 = std::min(x1, center_x(box));
    x2 = std::max(x2, center_x(box));
    y1 = std::min(y1, center_y(box));
    y2 = std::max(y2, center_y(box));
  }
  if (boxes.empty()) return level;
  level.x = x1;
  level.y = y1;
  if (boxes.size() <= kFewBoxes) return level;
  // Cells of about a reach, but no more of them than boxes.
  const double width = x2 - x1, height = y2 - y1, count = static_cast<double>(boxes.size());
  level.cell = std::max({level.longest / 2, std::sqrt(width / count) * std::sqrt(height), width / count, height / count});
  if (!(level.cell > 0)) return level;
  level.columns = static_cast<std::int64_t>(width / level.cell) + 1;
  level.rows = static_cast<std::int64_t>(height / level.cell) + 1;
  return level;
}

std::int64_t KeptBoxes::cell_of(const Level& level, const Box& box) const {
  if (level.columns * level.rows == 1) return level.first_cell;
  const auto column = static_cast<std::int64_t>((center_x(box) - level.x) / level.cell);
  const auto row = static_cast<std::int64_t>((center_y(box) - level.y) / level.cell);
  return level.first_cell + row * level.columns + column;
}

/// The kept boxes of the cells that may hold a box that overlaps this one enough.
void KeptBoxes::collect_runs(const Level& level, const Box& box) {
  const auto range = [&](double center, double side, double begin, std::int64_t count) {
    const double far = reach(side, level.longest, threshold_) * (1 + kSlack), last = static_cast<double>(count - 1);
    return Cells{static_cast<std::int64_t>(std::clamp(std::floor((center - far - begin) / level.cell), 0.0, last)),
                 static_cast<std::int64_t>(std::clamp(std::floor((center + far - begin) / level.cell), 0.0, last)) + 1};
  };
  const Cells columns = range(center_x(box), box.width(), level.x, level.columns);
  const Cells rows = range(center_y(box), box.height(), level.y, level.rows);
  for (std::int64_t row = rows.begin; row < rows.end; ++row)
    for (std::int64_t column = columns.begin; column < columns.end; ++column) {
      const kernels::BoxRun& run = kept_[static_cast<std::size_t>(level.first_cell + row * level.columns + column)];
      if (run.begin < run.end) runs_.push_back(run);
    }
}

bool KeptBoxes::overlaps_any(std::size_t i) {
  const Box& box = boxes_[i];
  const double side = longer_side(box);
  runs_.clear();
  for (const Level& level : levels_)
    if (level.longest >= threshold_ * side && level.shortest * threshold_ <= side) collect_runs(level, box);
  if (runs_.empty()) return false;
  const float corners[] = {box.x1, box.y1, box.x2, box.y2, 0};
  const float* const p = planes_.data();
  const std::size_t n = boxes_.size();
  return kernels::table().f32.box_overlap.any_above(overlap_, {p, p + n, p + 2 * n, p + 3 * n, nullptr}, runs_.data(), std::ssize(runs_),
                                                    corners, single_threshold_);
}

void KeptBoxes::keep(std::size_t i) {
  const auto place = static_cast<std::size_t>(kept_[static_cast<std::size_t>(cells_[i])].end++);
  const std::size_t n = boxes_.size();
  const Box& box = boxes_[i];
  planes_[place] = box.x1;
  planes_[n + place] = box.y1;
  planes_[2 * n + place] = box.x2;
  planes_[3 * n + place] = box.y2;
}

}  // namespace fovea
