#include "area_average.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bgr_levels.hpp"

namespace fovea {

AreaAverage::Axis::Axis(double begin, double length, int count) {
  constexpr double kNothing = 1e-3;  // overlaps up to this come from rounding
  const double end = begin + length, step = 1 / (count / length);
  const int last_pixel = static_cast<int>(std::ceil(end)) - 1;
  std::vector<std::size_t> offsets;
  for (int i = 0; i < count; ++i) {
    const double from = begin + i * step, to = from + step;
    const double covered = std::min(step, end - from);
    Cell cell{.first = -1, .count = 0, .weights = nullptr};
    offsets.push_back(weights.size());
    for (int pixel = static_cast<int>(std::floor(from)); pixel <= last_pixel && pixel < to; ++pixel) {
      const double overlap = std::min(to, pixel + 1.0) - std::max(from, static_cast<double>(pixel));
      if (overlap <= kNothing) continue;
      if (cell.count++ == 0) cell.first = pixel;
      weights.push_back(static_cast<float>(std::min(overlap, covered) / covered));
    }
    cells.push_back(cell);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].weights = weights.data() + offsets[i];
}

AreaAverage::AreaAverage(const cv::Rect2d& area, cv::Size output)
    : across_(area.x, area.width, output.width), down_(area.y, area.height, output.height) {
  sums_.resize(4 * static_cast<std::size_t>(output.width));
  next_sums_.resize(sums_.size());
}

/// Averages a row along x and adds it, weighted, to the sums; when shared, it begins those of the next new row too.
template <bool is_first, bool is_shared>
void AreaAverage::add_row(const std::uint8_t* row, float weight, float next_weight) {
  const cv::v_float32x4 w = cv::v_setall_f32(weight), next_w = cv::v_setall_f32(next_weight);
  float *sum = sums_.data(), *next_sum = next_sums_.data();
  for (const Cell& cell : across_.cells) {
    const std::uint8_t* pixel = row + 3 * cell.first;
    cv::v_float32x4 average = load_levels(pixel) * cv::v_setall_f32(cell.weights[0]);
    for (int i = 1; i < cell.count; ++i) average = average + load_levels(pixel += 3) * cv::v_setall_f32(cell.weights[i]);
    cv::v_store(sum, is_first ? average * w : cv::v_load(sum) + average * w);
    if (is_shared) cv::v_store(next_sum, average * next_w);
    sum += 4, next_sum += 4;
  }
}

/// A row behind which a byte may be read: in all rows but the last that byte is the next row's.
const std::uint8_t* AreaAverage::readable_row(const cv::Mat& pixels, int row) {
  if (row + 1 < pixels.rows) return pixels.ptr(row);
  const std::size_t bytes = 3 * static_cast<std::size_t>(pixels.cols);
  padded_.resize(bytes + 1);
  std::memcpy(padded_.data(), pixels.ptr(row), bytes);
  return padded_.data();
}

/// The sums of new row `y`, but for its first row when the row before has added that. True when it has added the first of the next.
bool AreaAverage::add_rows(const cv::Mat& pixels, std::size_t y, bool has_first_row) {
  const Cell& cell = down_.cells[y];
  const Cell* next = y + 1 < down_.cells.size() ? &down_.cells[y + 1] : nullptr;
  bool is_shared = false;
  for (int i = has_first_row ? 1 : 0; i < cell.count; ++i) {
    const int row = cell.first + i;
    is_shared = next != nullptr && next->first == row;
    const float weight = cell.weights[i], next_weight = is_shared ? next->weights[0] : 0;
    const std::uint8_t* source = readable_row(pixels, row);
    if (i == 0 && is_shared)
      add_row<true, true>(source, weight, next_weight);
    else if (i == 0)
      add_row<true, false>(source, weight, next_weight);
    else if (is_shared)
      add_row<false, true>(source, weight, next_weight);
    else
      add_row<false, false>(source, weight, next_weight);
  }
  return is_shared;
}

}  // namespace fovea
