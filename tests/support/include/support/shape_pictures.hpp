// A data set that anyone can separate: coloured shapes on noisy ground.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "fovea/base/random.hpp"

namespace fovea::test {

/// Names of the shapes, in the order in which a folder of classes has them.
inline const std::vector<std::string> kShapes = {"bar", "disc", "square"};

/// A blue bar, a green disc or a red square, somewhere on a dark ground; BGR.
inline cv::Mat shape_picture(std::size_t shape, std::uint64_t seed, int side = 16) {
  RandomStream stream(seed, shape);
  const auto below = [&](int bound) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(bound))); };
  cv::Mat image(side, side, CV_8UC3);
  const int radius = side / 4, cx = radius + below(side - 2 * radius), cy = radius + below(side - 2 * radius);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const int dx = std::abs(x - cx), dy = std::abs(y - cy);
      const bool inside = shape == 0 ? dx <= radius / 3 : shape == 1 ? dx * dx + dy * dy <= radius * radius : std::max(dx, dy) <= radius;
      for (std::size_t c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[static_cast<int>(c)] = static_cast<std::uint8_t>(inside && c == shape ? 200 + below(50) : below(50));
    }
  return image;
}

/// The file of a BGR picture (PPM).
inline std::string ppm_of(const cv::Mat& image) {
  std::string bytes = "P6\n" + std::to_string(image.cols) + " " + std::to_string(image.rows) + "\n255\n";
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (int c = 2; c >= 0; --c) bytes += static_cast<char>(image.at<cv::Vec3b>(y, x)[c]);
  return bytes;
}

/// folder/bar/0.ppm ... for every shape; `first` numbers the pictures: other numbers, other pictures.
inline void write_shapes(const std::filesystem::path& folder, int count, int first = 0) {
  for (std::size_t shape = 0; shape < kShapes.size(); ++shape) {
    std::filesystem::create_directories(folder / kShapes[shape]);
    for (int i = first; i < first + count; ++i)
      std::ofstream(folder / kShapes[shape] / (std::to_string(i) + ".ppm"), std::ios::binary)
          << ppm_of(shape_picture(shape, static_cast<std::uint64_t>(i)));
  }
}

}  // namespace fovea::test
