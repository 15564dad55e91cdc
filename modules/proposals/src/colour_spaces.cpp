#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/proposals/colour_space.hpp"
#include "proposal_input.hpp"

namespace fovea {

namespace {

/// 255 times each channel's share of the sum, rounded.
cv::Mat normalized_rgb(const cv::Mat& bgr) {
  cv::Mat out(bgr.size(), CV_8UC3);
  for (int y = 0; y < bgr.rows; ++y) {
    const auto* const from = bgr.ptr<cv::Vec3b>(y);
    auto* const to = out.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgr.cols; ++x) {
      const int sum = from[x][0] + from[x][1] + from[x][2];
      for (int c = 0; c < 3; ++c) to[x][c] = sum == 0 ? 85 : static_cast<std::uint8_t>((255 * from[x][c] + sum / 2) / sum);
    }
  }
  return out;
}

cv::Mat grey_of(const cv::Mat& bgr) {
  cv::Mat grey;
  cv::cvtColor(bgr, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

cv::Mat rgi_of(const cv::Mat& bgr) {
  cv::Mat out = normalized_rgb(bgr);
  const cv::Mat grey = grey_of(bgr);
  cv::mixChannels(&grey, 1, &out, 1, std::vector<int>{0, 0}.data(), 1);  // intensity in the place of b
  return out;
}

cv::Mat hsv_of(const cv::Mat& bgr) {
  cv::Mat hsv;
  cv::cvtColor(bgr, hsv, cv::COLOR_BGR2HSV_FULL);
  return hsv;
}

}  // namespace

const char* name_of(ColourSpace space) {
  switch (space) {
    case ColourSpace::hsv:
      return "hsv";
    case ColourSpace::lab:
      return "lab";
    case ColourSpace::rgi:
      return "rgi";
    case ColourSpace::hue:
      return "hue";
    case ColourSpace::normalized_rgb:
      return "normalized-rgb";
    case ColourSpace::intensity:
      return "intensity";
  }
  return "";
}

cv::Mat to_colour_space(const cv::Mat& image, ColourSpace space) {
  check_proposal_input(image, "to_colour_space");
  cv::Mat bgr = image, out;
  if (image.channels() == 1) cv::cvtColor(image, bgr, cv::COLOR_GRAY2BGR);
  switch (space) {
    case ColourSpace::hsv:
      return hsv_of(bgr);
    case ColourSpace::lab:
      cv::cvtColor(bgr, out, cv::COLOR_BGR2Lab);
      return out;
    case ColourSpace::rgi:
      return rgi_of(bgr);
    case ColourSpace::hue:
      cv::extractChannel(hsv_of(bgr), out, 0);
      return out;
    case ColourSpace::normalized_rgb:
      return normalized_rgb(bgr);
    case ColourSpace::intensity:
      return grey_of(bgr);
  }
  return out;
}

}  // namespace fovea
