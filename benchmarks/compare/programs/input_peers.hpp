// What programs on OpenCV do between a JPEG and a network's input: the peers of input.cpp.
#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <vector>

namespace peers {

/// Decodes the picture, stretches `area` of it to side x side pixels, mirrors it, and writes normalised floats.
/// Library calls for every step: red, green, blue, pixel by pixel.
void by_calls(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination);
/// One loop behind the resize, which mirrors, exchanges colours and normalises, pixel by pixel ...
void by_one_loop(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination);
/// ... and plane by plane, as torch wants it.
void by_one_planar_loop(const std::vector<std::uint8_t>& jpeg, cv::Rect area, int side, bool mirrored, float* destination);

}  // namespace peers
