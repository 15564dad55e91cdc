// Averages over areas, a row at a time.
#pragma once

#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/core/mat.hpp>
#include <utility>
#include <vector>

namespace fovea {

/// Shrinks a part of 8-bit BGR pixels: every new pixel is the average of the area that it covers, along x, then along y, rounded. The
/// part's edges may lie between pixels. The sums have the order and precision of cv::resize(INTER_AREA), so that whole areas give the same
/// bits.
class AreaAverage {
 public:
  /// A row of averages, pixel by pixel: whole numbers 0 to 255 as B, G, R and one to be ignored.
  class Levels {
   public:
    explicit Levels(const float* sums) : sums_(sums) {}
    cv::v_float32x4 operator()(int x) const { return cv::v_cvt_f32(cv::v_round(cv::v_load(sums_ + 4 * x))); }

   private:
    const float* sums_;
  };

  /// Neither side of `output` is larger than the one of `area`.
  AreaAverage(const cv::Rect2d& area, cv::Size output);

  /// Calls row(y, levels) for every new row from the top.
  template <class Row>
  void run(const cv::Mat& pixels, Row&& row) {
    bool has_first_row = false;
    for (std::size_t y = 0; y < down_.cells.size(); ++y) {
      has_first_row = add_rows(pixels, y, has_first_row);
      row(static_cast<int>(y), Levels(sums_.data()));
      std::swap(sums_, next_sums_);
    }
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

  bool add_rows(const cv::Mat& pixels, std::size_t y, bool has_first_row);
  template <bool is_first, bool is_shared>
  void add_row(const std::uint8_t* row, float weight, float next_weight);
  const std::uint8_t* readable_row(const cv::Mat& pixels, int row);

  Axis across_, down_;
  std::vector<std::uint8_t> padded_;     ///< the last row, which is read a byte beyond its end
  std::vector<float> sums_, next_sums_;  ///< of this new row and the next, four numbers a pixel
};

}  // namespace fovea
