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
  across_row_.resize(4 * static_cast<std::size_t>(output.width));
  sum_.resize(across_row_.size());
}

void AreaAverage::average_across(const std::uint8_t* row) {
  float* out = across_row_.data();
  for (const Cell& cell : across_.cells) {
    const std::uint8_t* pixel = row + 3 * cell.first;
    cv::v_float32x4 sum = load_levels(pixel) * cv::v_setall_f32(cell.weights[0]);
    for (int i = 1; i < cell.count; ++i) sum = sum + load_levels(pixel += 3) * cv::v_setall_f32(cell.weights[i]);
    cv::v_store(out, sum);
    out += 4;
  }
}

const float* AreaAverage::average_row(const cv::Mat& pixels, const Cell& rows) {
  padded_.resize(3 * static_cast<std::size_t>(pixels.cols) + 1);
  for (int i = 0; i < rows.count; ++i) {
    if (const int row = rows.first + i; row != last_row_) {
      std::memcpy(padded_.data(), pixels.ptr(row), padded_.size() - 1);
      average_across(padded_.data());
      last_row_ = row;
    }
    const cv::v_float32x4 weight = cv::v_setall_f32(rows.weights[i]);
    const bool is_first = i == 0, is_last = i + 1 == rows.count;
    for (std::size_t at = 0; at < sum_.size(); at += 4) {
      cv::v_float32x4 sum = cv::v_load(across_row_.data() + at) * weight;
      if (!is_first) sum = cv::v_load(sum_.data() + at) + sum;
      cv::v_store(sum_.data() + at, is_last ? cv::v_cvt_f32(cv::v_round(sum)) : sum);
    }
  }
  return sum_.data();
}

}  // namespace fovea
