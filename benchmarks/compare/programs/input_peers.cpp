#include "input_peers.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace peers {

namespace {

constexpr float kMean[] = {0.485F, 0.456F, 0.406F}, kDeviation[] = {0.229F, 0.224F, 0.225F};

cv::Mat decoded_and_resized(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side) {
  cv::Mat result;
  cv::resize(cv::imdecode(jpeg, cv::IMREAD_COLOR)(area), result, {side, side}, 0, 0, cv::INTER_LINEAR);
  return result;
}

struct Scaling {
  float factor[3], offset[3];
  Scaling() {
    for (int c = 0; c < 3; ++c) factor[c] = 1 / (255 * kDeviation[c]), offset[c] = -kMean[c] / kDeviation[c];
  }
};

}  // namespace

void by_calls(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination) {
  cv::Mat image = decoded_and_resized(jpeg, area, side);
  if (mirrored) cv::flip(image, image, 1);
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  cv::Mat values(side, side, CV_32FC3, destination);
  image.convertTo(values, CV_32F, 1 / 255.0);
  cv::subtract(values, cv::Scalar(kMean[0], kMean[1], kMean[2]), values);
  cv::divide(values, cv::Scalar(kDeviation[0], kDeviation[1], kDeviation[2]), values);
}

void by_one_loop(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination) {
  const cv::Mat image = decoded_and_resized(jpeg, area, side);
  const Scaling scaling;
  for (int y = 0; y < side; ++y) {
    const std::uint8_t* pixel = image.ptr(y) + (mirrored ? 3 * (side - 1) : 0);
    for (int x = 0; x < side; ++x, pixel += mirrored ? -3 : 3, destination += 3)
      for (int c = 0; c < 3; ++c) destination[c] = pixel[2 - c] * scaling.factor[c] + scaling.offset[c];
  }
}

void by_one_planar_loop(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination) {
  const cv::Mat image = decoded_and_resized(jpeg, area, side);
  const Scaling scaling;
  const std::ptrdiff_t plane = std::ptrdiff_t{side} * side;
  for (int y = 0; y < side; ++y, destination += side) {
    float *red = destination, *green = red + plane, *blue = green + plane;
    const auto write = [&](auto pixel_at) {
      for (int x = 0; x < side; ++x) {
        const std::uint8_t* pixel = image.ptr(y) + 3 * pixel_at(x);
        red[x] = pixel[2] * scaling.factor[0] + scaling.offset[0];
        green[x] = pixel[1] * scaling.factor[1] + scaling.offset[1];
        blue[x] = pixel[0] * scaling.factor[2] + scaling.offset[2];
      }
    };
    if (mirrored)
      write([&](int x) { return side - 1 - x; });
    else
      write([](int x) { return x; });
  }
}

}  // namespace peers
