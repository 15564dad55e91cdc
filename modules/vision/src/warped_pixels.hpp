// What OpenCV's warps leave to do: depths that they do not know, and more than four channels.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace fovea {

/// warp(pixels) in a depth that OpenCV interpolates, of at most four channels at a time, as an image of the type of `image`.
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
  const int depth = image.depth();
  const bool is_known = depth == CV_8U || depth == CV_16U || depth == CV_16S || depth == CV_32F || depth == CV_64F;
  if (is_known) return warp(image);
  cv::Mat known, result;
  image.convertTo(known, CV_64F);
  warp(known).convertTo(result, depth);
  return result;
}

}  // namespace fovea
