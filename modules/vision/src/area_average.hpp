// Averages over areas, a row at a time.
#pragma once

#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace fovea {

/// Shrinks a part of 8-bit BGR pixels: every new pixel is the average of the area that it covers, along x, then along y, rounded. The
/// part's edges may lie between pixels. The sums have the order and precision of cv::resize(INTER_AREA), so that whole areas give the same
/// bits.
class AreaAverage {
 public:
  /// Neither side of `output` is larger than the one of `area`.
  AreaAverage(const cv::Rect2d& area, cv::Size output);

  /// Calls row(y, levels) for every new row from the top: whole numbers 0 to 255 as B, G, R and one to be ignored, pixel by pixel.
  template <class Row>
  void run(const cv::Mat& pixels, Row&& row) {
    for (std::size_t y = 0; y < down_.cells.size(); ++y) row(static_cast<int>(y), average_row(pixels, down_.cells[y]));
  }

 private:
  /// The pixels under one new pixel along an axis: the first, and their weights.
  struct Cell {
    int first;
    int count;
    const float* weights;
  };
  struct Axis {
    std::vector<Cell> cells;
    std::vector<float> weights;
    Axis(double begin, double length, int cells);
  };

  const float* average_row(const cv::Mat& pixels, const Cell& rows);
  void average_across(const std::uint8_t* row);

  Axis across_, down_;
  int last_row_ = -1;                    ///< whose averages `across_row_` holds: neighbouring cells share a row
  std::vector<std::uint8_t> padded_;     ///< a row that may be read a little beyond its end
  std::vector<float> across_row_, sum_;  ///< four numbers a pixel
};

}  // namespace fovea
