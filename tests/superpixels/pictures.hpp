// Images to segment.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

#include "fovea/base/random.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea::test {

/// Values from 0 to `levels` - 1: few levels give many equal weights.
inline cv::Mat random_image(int height, int width, int channels, int levels, std::uint64_t seed) {
  RandomStream stream(seed);
  cv::Mat image(height, width, CV_8UC(channels));
  for (int y = 0; y < height; ++y)
    for (int i = 0; i < width * channels; ++i)
      image.ptr(y)[i] = static_cast<std::uint8_t>(stream.below(static_cast<std::uint64_t>(levels)));
  return image;
}

/// A photograph of Debian's opencv-doc; empty when the package is not there.
inline cv::Mat photograph(const std::string& name) {
  const std::filesystem::path file = "/usr/share/doc/opencv-doc/examples/data/" + name;
  return std::filesystem::exists(file) ? load_image(file) : cv::Mat();
}

inline void expect_same_partition(const cv::Mat& actual, const cv::Mat& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  ASSERT_EQ(actual.type(), expected.type());
  EXPECT_EQ(cv::countNonZero(actual != expected), 0);
}

}  // namespace fovea::test
