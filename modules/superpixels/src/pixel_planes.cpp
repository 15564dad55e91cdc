#include "pixel_planes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kPixelsPerBand = 1 << 14, kLeastRows = 16;  // fewer rows would be smoothed along x several times

/// taps[i] weighs the two pixels at distance i.
std::vector<float> gaussian_taps(double sigma) {
  const int radius = static_cast<int>(std::ceil(4 * sigma));
  std::vector<double> exact(static_cast<std::size_t>(radius) + 1, 1.0);
  double sum = 1;
  for (int i = 1; i <= radius; ++i) {
    exact[static_cast<std::size_t>(i)] = std::exp(-0.5 * (i / sigma) * (i / sigma));
    sum += 2 * exact[static_cast<std::size_t>(i)];
  }
  std::vector<float> taps;
  for (const double tap : exact) taps.push_back(static_cast<float>(tap / sum));
  return taps;
}

/// One channel of one row, on the scale of 8-bit values.
template <class T>
void read_row(const cv::Mat& image, std::int64_t y, std::int64_t channel, float* out) {
  const std::int64_t channels = image.channels(), width = image.cols;
  const T* const row = image.ptr<T>(static_cast<int>(y)) + channel;
  for (std::int64_t x = 0; x < width; ++x) {
    if constexpr (std::is_same_v<T, std::uint16_t>)
      out[x] = static_cast<float>(row[x * channels]) / 257.0f;
    else
      out[x] = static_cast<float>(row[x * channels]);
  }
  if constexpr (std::is_floating_point_v<T>)
    if (!std::all_of(out, out + width, [](float value) { return std::isfinite(value); }))
      throw OptionError(fmt::format("wants finite pixel values, found another in row {}, channel {}", y, channel));
}

using RowReader = void (*)(const cv::Mat&, std::int64_t, std::int64_t, float*);

RowReader reader_for(int depth) {
  switch (depth) {
    case CV_8U:
      return read_row<std::uint8_t>;
    case CV_8S:
      return read_row<std::int8_t>;
    case CV_16U:
      return read_row<std::uint16_t>;
    case CV_16S:
      return read_row<std::int16_t>;
    case CV_32S:
      return read_row<std::int32_t>;
    case CV_32F:
      return read_row<float>;
    case CV_64F:
      return read_row<double>;
    default:
      return nullptr;  // CV_16F
  }
}

/// Smooths rows one by one, and bands of them along columns.
class Smoother {
 public:
  Smoother(const cv::Mat& image, const std::vector<float>& taps)
      : image_(image),
        taps_(taps),
        radius_(static_cast<std::int64_t>(taps.size()) - 1),
        read_(reader_for(image.depth())),
        padded_(static_cast<std::size_t>(image.cols + 2 * radius_)) {}

  void smooth_band(std::int64_t begin, std::int64_t end, std::int64_t channel, PixelPlanes& planes) {
    if (radius_ == 0) {
      for (std::int64_t y = begin; y < end; ++y) read_(image_, y, channel, planes.row(channel, y));
      return;
    }
    const std::int64_t width = planes.width, first = std::max<std::int64_t>(begin - radius_, 0),
                       last = std::min(end + radius_, planes.height) - 1;
    rows_.resize(static_cast<std::size_t>((last - first + 1) * width));
    for (std::int64_t y = first; y <= last; ++y) smooth_row(y, channel, rows_.data() + (y - first) * width);
    const auto row_at = [&](std::int64_t y) { return rows_.data() + (std::clamp(y, first, last) - first) * width; };
    for (std::int64_t y = begin; y < end; ++y) {
      float* const out = planes.row(channel, y);
      const float* const centre = row_at(y);
      for (std::int64_t x = 0; x < width; ++x) out[x] = taps_[0] * centre[x];
      for (std::int64_t i = 1; i <= radius_; ++i) add_pair(row_at(y - i), row_at(y + i), taps_[static_cast<std::size_t>(i)], width, out);
    }
  }

 private:
  static void add_pair(const float* a, const float* b, float tap, std::int64_t count, float* out) {
    for (std::int64_t x = 0; x < count; ++x) out[x] += tap * (a[x] + b[x]);
  }

  void smooth_row(std::int64_t y, std::int64_t channel, float* out) {
    const std::int64_t width = image_.cols;
    float* const centre = padded_.data() + radius_;
    read_(image_, y, channel, centre);
    std::fill(padded_.data(), centre, centre[0]);
    std::fill(centre + width, centre + width + radius_, centre[width - 1]);
    for (std::int64_t x = 0; x < width; ++x) out[x] = taps_[0] * centre[x];
    for (std::int64_t i = 1; i <= radius_; ++i) add_pair(centre - i, centre + i, taps_[static_cast<std::size_t>(i)], width, out);
  }

  const cv::Mat& image_;
  const std::vector<float>& taps_;
  std::int64_t radius_;
  RowReader read_;
  std::vector<float> padded_, rows_;
};

}  // namespace

std::int64_t rows_per_band(std::int64_t width) { return std::max(kLeastRows, kPixelsPerBand / width); }

PixelPlanes smooth_planes(const cv::Mat& image, double sigma, const Threads& threads, const char* operation) {
  if (image.dims != 2 || image.empty() || reader_for(image.depth()) == nullptr)
    throw ShapeError(fmt::format("[{}] wants an image of at least one pixel, found {}x{} of type {}", operation, image.cols, image.rows,
                                 cv::typeToString(image.type())));
  PixelPlanes planes{.height = image.rows, .width = image.cols, .channels = image.channels(), .values = {}};
  planes.values = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(planes.height * planes.width * planes.channels));
  const std::vector<float> taps = gaussian_taps(sigma);
  parallel_for(threads, planes.height, rows_per_band(planes.width), [&](std::int64_t begin, std::int64_t end) {
    Smoother smoother(image, taps);
    try {
      for (std::int64_t c = 0; c < planes.channels; ++c) smoother.smooth_band(begin, end, c, planes);
    } catch (const OptionError& error) {
      throw OptionError(fmt::format("[{}] {}", operation, error.what()));
    }
  });
  return planes;
}

}  // namespace fovea
