#include "fovea/vision/hog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr float kClip = 0.2f;
constexpr float kSmall = 1e-4f;

struct Gradient {
  float dx, dy, magnitude;
};

/// The steepest of the channels' gradients.
Gradient gradient_at(const cv::Mat& image, int y, int x) {
  const int channels = image.channels();
  const auto* const row = image.ptr<float>(y);
  const auto *const above = image.ptr<float>(std::max(y - 1, 0)), *const below = image.ptr<float>(std::min(y + 1, image.rows - 1));
  const int left = std::max(x - 1, 0), right = std::min(x + 1, image.cols - 1);
  Gradient best{0, 0, -1};
  for (int c = 0; c < channels; ++c) {
    const float dx = row[right * channels + c] - row[left * channels + c], dy = below[x * channels + c] - above[x * channels + c];
    const float square = dx * dx + dy * dy;
    if (square > best.magnitude) best = {dx, dy, square};
  }
  best.magnitude = std::sqrt(best.magnitude);
  return best;
}

/// Histograms of cells: rows x columns x bins.
class Cells {
 public:
  Cells(std::int64_t rows, std::int64_t columns, int bins)
      : rows_(rows), columns_(columns), bins_(bins), values_(static_cast<std::size_t>(rows * columns * bins)) {}

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  float* at(std::int64_t row, std::int64_t column) { return values_.data() + (row * columns_ + column) * bins_; }
  const float* at(std::int64_t row, std::int64_t column) const { return values_.data() + (row * columns_ + column) * bins_; }

  /// Shares `weight` among the four cells whose centres are nearest to the position, in cells; what falls beside the grid is lost.
  void add(float row, float column, int bin, float weight) {
    const float top = std::floor(row - 0.5f), left = std::floor(column - 0.5f);
    const float down = row - 0.5f - top, across = column - 0.5f - left;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) {
        const auto r = static_cast<std::int64_t>(top) + i, c = static_cast<std::int64_t>(left) + j;
        if (r < 0 || c < 0 || r >= rows_ || c >= columns_) continue;
        at(r, c)[bin] += weight * (i == 0 ? 1 - down : down) * (j == 0 ? 1 - across : across);
      }
  }

 private:
  std::int64_t rows_, columns_;
  int bins_;
  std::vector<float> values_;
};

/// Calls body(gradient, row, column) for every pixel of the cells; positions in cells.
template <class Body>
void for_pixels(const cv::Mat& image, const Cells& cells, int cell, Body body) {
  for (int y = 0; y < cells.rows() * cell; ++y)
    for (int x = 0; x < cells.columns() * cell; ++x)
      body(gradient_at(image, y, x), (static_cast<float>(y) + 0.5f) / static_cast<float>(cell),
           (static_cast<float>(x) + 0.5f) / static_cast<float>(cell));
}

// ------------------------------------------------------------------------------------------------------------ Dalal and Triggs

constexpr int kUndirected = 9;

void fill_undirected(const cv::Mat& image, int cell, Cells& cells) {
  for_pixels(image, cells, cell, [&](const Gradient& g, float row, float column) {
    if (g.magnitude == 0) return;
    float angle = std::atan2(g.dy, g.dx) * (kUndirected / std::numbers::pi_v<float>);  // in bins, -9 to 9
    if (angle < 0) angle += kUndirected;
    const float position = angle - 0.5f, below = std::floor(position), share = position - below;  // centres lie in the middle of bins
    const int bin = (static_cast<int>(below) + kUndirected) % kUndirected;
    cells.add(row, column, bin, g.magnitude * (1 - share));
    cells.add(row, column, (bin + 1) % kUndirected, g.magnitude * share);
  });
}

void normalize(std::span<float> block) {
  float square = kSmall * kSmall;
  for (const float value : block) square += value * value;
  const float scale = 1 / std::sqrt(square);
  for (float& value : block) value *= scale;
}

void dalal_triggs(const cv::Mat& image, int cell, const HogSize& size, std::span<float> descriptor) {
  Cells cells(size.rows + 1, size.columns + 1, kUndirected);
  fill_undirected(image, cell, cells);
  for (std::int64_t row = 0; row < size.rows; ++row)
    for (std::int64_t column = 0; column < size.columns; ++column) {
      const std::span<float> block =
          descriptor.subspan(static_cast<std::size_t>((row * size.columns + column) * size.depth), 4 * kUndirected);
      for (int part = 0; part < 4; ++part) {
        const float* const histogram = cells.at(row + part / 2, column + part % 2);
        std::copy(histogram, histogram + kUndirected, block.begin() + part * kUndirected);
      }
      normalize(block);
      for (float& value : block) value = std::min(value, kClip);
      normalize(block);
    }
}

// ---------------------------------------------------------------------------------------------------------------- Felzenszwalb

constexpr int kDirected = 18;

/// The direction of the 18, 20 degrees apart, that is nearest to the gradient's.
int nearest_direction(const Gradient& g) {
  static const auto directions = [] {
    std::array<std::array<float, 2>, kUndirected> unit{};
    for (int i = 0; i < kUndirected; ++i)
      unit[static_cast<std::size_t>(i)] = {static_cast<float>(std::cos(i * std::numbers::pi / kUndirected)),
                                           static_cast<float>(std::sin(i * std::numbers::pi / kUndirected))};
    return unit;
  }();
  int best = 0;
  float largest = 0;
  for (int i = 0; i < kUndirected; ++i) {
    const auto& [x, y] = directions[static_cast<std::size_t>(i)];
    const float along = g.dx * x + g.dy * y;
    if (std::abs(along) > largest) {
      largest = std::abs(along);
      best = along > 0 ? i : i + kUndirected;
    }
  }
  return best;
}

/// Of the undirected histogram.
float energy(const float* directed) {
  float sum = 0;
  for (int i = 0; i < kUndirected; ++i) {
    const float both = directed[i] + directed[i + kUndirected];
    sum += both * both;
  }
  return sum;
}

void felzenszwalb(const cv::Mat& image, int cell, const HogSize& size, std::span<float> descriptor) {
  Cells cells(size.rows, size.columns, kDirected);
  for_pixels(image, cells, cell, [&](const Gradient& g, float row, float column) {
    if (g.magnitude > 0) cells.add(row, column, nearest_direction(g), g.magnitude);
  });
  Cells energies(size.rows, size.columns, 1);
  for (std::int64_t row = 0; row < size.rows; ++row)
    for (std::int64_t column = 0; column < size.columns; ++column) *energies.at(row, column) = energy(cells.at(row, column));
  const auto energy_at = [&](std::int64_t row, std::int64_t column) {
    return *energies.at(std::clamp<std::int64_t>(row, 0, size.rows - 1), std::clamp<std::int64_t>(column, 0, size.columns - 1));
  };
  for (std::int64_t row = 0; row < size.rows; ++row)
    for (std::int64_t column = 0; column < size.columns; ++column) {
      const float* const directed = cells.at(row, column);
      float* const out = descriptor.data() + (row * size.columns + column) * size.depth;
      std::fill(out, out + size.depth, 0.f);
      for (int block = 0; block < 4; ++block) {  // the cell is the block's lower right, lower left, upper right, upper left
        const std::int64_t up = block < 2 ? -1 : 1, aside = block % 2 == 0 ? -1 : 1;
        const float norm = 1 / std::sqrt(energy_at(row, column) + energy_at(row + up, column) + energy_at(row, column + aside) +
                                         energy_at(row + up, column + aside) + kSmall);
        for (int i = 0; i < kDirected; ++i) {
          const float value = std::min(directed[i] * norm, kClip);
          out[i] += 0.5f * value;
          out[kDirected + kUndirected + block] += value / std::sqrt(static_cast<float>(kDirected));
        }
        for (int i = 0; i < kUndirected; ++i)
          out[kDirected + i] += 0.5f * std::min((directed[i] + directed[i + kUndirected]) * norm, kClip);
      }
    }
}

}  // namespace

HogSize hog_size(int height, int width, const HogOptions& options) {
  if (options.cell < 2) throw OptionError(fmt::format("[hog] a cell has at least 2 pixels on a side, found {}", options.cell));
  const bool blocks = options.form == HogOptions::Form::dalal_triggs;
  const std::int64_t rows = height / options.cell - (blocks ? 1 : 0), columns = width / options.cell - (blocks ? 1 : 0);
  if (rows < 1 || columns < 1)
    throw OptionError(fmt::format("[hog] an image of {}x{} pixels does not hold {} of {} pixels", width, height,
                                  blocks ? "a block of 2x2 cells" : "one cell", options.cell));
  return {rows, columns, blocks ? 4 * kUndirected : kDirected + kUndirected + 4};
}

void hog(const cv::Mat& image, const HogOptions& options, std::span<float> descriptor) {
  if (image.dims != 2 || (image.depth() != CV_8U && image.depth() != CV_32F) || (image.channels() != 1 && image.channels() != 3))
    throw ShapeError(fmt::format("[hog] wants images of 1 or 3 channels with 8-bit or f32 values, found {} of {} axes",
                                 cv::typeToString(image.type()), image.dims));
  const HogSize size = hog_size(image.rows, image.cols, options);
  if (static_cast<std::int64_t>(descriptor.size()) != size.count())
    throw ShapeError(fmt::format("[hog] the descriptor has {} values, found room for {}", size.count(), descriptor.size()));
  cv::Mat values = image;
  if (image.depth() == CV_8U) image.convertTo(values, CV_32F, 1.0 / 255);
  if (options.form == HogOptions::Form::dalal_triggs)
    dalal_triggs(values, options.cell, size, descriptor);
  else
    felzenszwalb(values, options.cell, size, descriptor);
}

}  // namespace fovea
