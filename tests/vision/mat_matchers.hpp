// Comparing images.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <opencv2/core.hpp>

namespace fovea::test {

/// Success when both images have the same size, type and bytes; otherwise says where they first differ.
inline testing::AssertionResult same_image(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type())
    return testing::AssertionFailure() << a.size() << " " << cv::typeToString(a.type()) << " against " << b.size() << " "
                                       << cv::typeToString(b.type());
  for (int y = 0; y < a.rows; ++y)
    for (int x = 0; x < a.cols; ++x)
      if (std::memcmp(a.ptr(y, x), b.ptr(y, x), a.elemSize()) != 0)
        return testing::AssertionFailure() << "at (" << x << ", " << y << "): " << a({x, y, 1, 1}) << " against " << b({x, y, 1, 1});
  return testing::AssertionSuccess();
}

/// Every pixel different from the others: value 10 y + x in blue, and so on.
inline cv::Mat numbered_image(int width, int height, int type = CV_8UC3) {
  cv::Mat image(height, width, CV_64FC(CV_MAT_CN(type)));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < image.channels(); ++c) image.ptr<double>(y, x)[c] = 10 * y + x + 50 * c;
  image.convertTo(image, CV_MAT_DEPTH(type));
  return image;
}

}  // namespace fovea::test
