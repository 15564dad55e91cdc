#include "fovea/vision/preprocessing.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "bgr_levels.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// v -> v * factor + offset, the same as (v / 255 - mean) / deviation.
struct Scaling {
  float factor;
  float offset;
  Scaling(double mean, double deviation)
      : factor(static_cast<float>(1 / (255 * deviation))), offset(static_cast<float>(-mean / deviation)) {}
  float operator()(std::uint8_t v) const { return static_cast<float>(v) * factor + offset; }
};

std::uint8_t to_pixel(float value, double mean, double deviation) {
  return cv::saturate_cast<std::uint8_t>((value * deviation + mean) * 255);
}

void check_numbers(std::string_view where, const char* name, const std::vector<double>& numbers, int channels) {
  if (numbers.size() != static_cast<std::size_t>(channels))
    throw OptionError(fmt::format("{}: {} has {} numbers, expected one for each of {} channels", where, name, numbers.size(), channels));
  for (const double number : numbers)
    if (!std::isfinite(number)) throw OptionError(fmt::format("{}: {} holds {}, expected finite numbers", where, name, number));
}

}  // namespace

void Preprocessing::check(std::string_view where) const {
  if (width < 1 || height < 1) throw OptionError(fmt::format("{}: the size is {}x{}, expected at least 1x1", where, width, height));
  if (channels != 1 && channels != 3) throw OptionError(fmt::format("{}: channels is {}, expected 1 or 3", where, channels));
  if (pad_value < 0 || pad_value > 255) throw OptionError(fmt::format("{}: pad_value is {}, expected 0 to 255", where, pad_value));
  check_numbers(where, "mean", mean, channels);
  check_numbers(where, "deviation", deviation, channels);
  for (const double number : deviation)
    if (number == 0) throw OptionError(fmt::format("{}: deviation holds 0, expected numbers to divide by", where));
}

std::unique_ptr<Transform> Preprocessing::geometry(cv::Size input) const {
  const cv::Size output(width, height);
  switch (resize) {
    case ResizeMode::letterbox:
      return make_letterbox(input, output, pad_value);
    case ResizeMode::center_crop:
      return make_center_crop(input, output);
    case ResizeMode::stretch:
      break;
  }
  return make_resize(input, output);
}

void Preprocessing::fill(const cv::Mat& image, float* destination, bool mirrored) const {
  check("preprocessing");
  if (image.dims != 2 || image.size() != cv::Size(width, height) || (image.type() != CV_8UC3 && image.type() != CV_8UC1))
    throw ShapeError(fmt::format("[preprocessing] wants 8-bit images of {}x{} with 1 or 3 channels, found {}x{} with {}{}", width, height,
                                 image.cols, image.rows, image.channels(), image.depth() == CV_8U ? "" : " of another depth"));
  if (channels == 1) {
    fill_luma(image, mirrored, destination);
    return;
  }
  const NetworkLevels scaling(*this);
  std::vector<std::uint8_t> padded(3 * static_cast<std::size_t>(width) + 1);  // pixels are read with a byte of the next one
  const cv::Mat row(1, width, CV_8UC3, padded.data());
  for (int y = 0; y < height; ++y, destination += std::ptrdiff_t{3} * width) {
    if (image.channels() == 3)
      image.row(y).copyTo(row);
    else
      cv::cvtColor(image.row(y), row, cv::COLOR_GRAY2BGR);
    scaling.write_row(
        width, mirrored, [&](int x) { return load_levels(padded.data() + std::ptrdiff_t{3} * x); }, destination);
  }
}

void Preprocessing::fill_luma(const cv::Mat& image, bool mirrored, float* destination) const {
  cv::Mat source = image;
  if (image.channels() == 3) cv::cvtColor(image, source, cv::COLOR_BGR2GRAY);
  const Scaling scaling(mean[0], deviation[0]);
  for (int y = 0; y < height; ++y, destination += width) {
    const std::uint8_t* row = source.ptr<std::uint8_t>(y);
    for (int x = 0; x < width; ++x) destination[x] = scaling(row[mirrored ? width - 1 - x : x]);
  }
}

Tensor Preprocessing::batch(std::span<const cv::Mat> images) const {
  check("preprocessing");
  Tensor result = Tensor::empty({static_cast<std::int64_t>(images.size()), height, width, channels});
  float* destination = result.mutable_data<float>();
  for (const cv::Mat& image : images) {
    fill(geometry(image.size())->apply(image), destination);
    destination += static_cast<std::int64_t>(height) * width * channels;
  }
  return result;
}

cv::Mat Preprocessing::to_image(const Tensor& batch, std::int64_t index) const {
  check("preprocessing");
  if (batch.rank() != 4 || batch.extent(1) != height || batch.extent(2) != width || batch.extent(3) != channels || index < 0 ||
      index >= batch.extent(0))
    throw ShapeError(fmt::format("[preprocessing] wants entry {} of a batch [N,{},{},{}], found {}", index, height, width, channels,
                                 batch.shape().to_string()));
  const float* source = batch.data<float>() + index * height * width * channels;
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x, source += channels)
      for (int c = 0; c < 3; ++c) {
        const std::size_t from = channels == 3 ? static_cast<std::size_t>(2 - c) : 0;
        image.at<cv::Vec3b>(y, x)[c] = to_pixel(source[from], mean[from], deviation[from]);
      }
  return image;
}

}  // namespace fovea
