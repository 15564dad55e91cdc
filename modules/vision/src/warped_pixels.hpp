// What OpenCV's changes of geometry leave to do: depths that they do not know, and more than four channels.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace fovea {

/// The depth to compute in: the image's own where OpenCV interpolates it, otherwise one that holds its values.
inline int working_depth(int depth) {
  switch (depth) {
    case CV_8S:
    case CV_32S:
      return CV_64F;
    case CV_16F:
      return CV_32F;
    default:
      return depth;
  }
}

/// warp(pixels) in that depth, of at most four channels at a time, as an image of the type of `image`.
template <class Warp>
cv::Mat with_pixels_of(const cv::Mat& image, const Warp& warp) {
  constexpr int kMostChannels = 4;
  if (image.channels() > kMostChannels) {
    std::vector<cv::Mat> channels;
    cv::split(image, channels);
    for (cv::Mat& channel : channels) channel = with_pixels_of(channel, warp);
    cv::Mat result;
    cv::merge(channels, result);
    return result;
  }
  const int depth = working_depth(image.depth());
  if (depth == image.depth()) return warp(image);
  cv::Mat known, result;
  image.convertTo(known, depth);
  warp(known).convertTo(result, image.depth());
  return result;
}

}  // namespace fovea
