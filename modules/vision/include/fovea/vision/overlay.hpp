// A caption under a photograph.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <string_view>

namespace fovea {

/// Smallest long side of a captioned image, in pixels.
inline constexpr int kSmallestCaptionedSide = 224;

/// `image` (8-bit BGR or grey) with a bar of `colour` (BGR) below it that holds `text`, ended by ".." where it is too long.
/// The letters grow with the image. An image whose long side is below kSmallestCaptionedSide is first enlarged by the smallest whole factor
/// that reaches it (nearest neighbour: its pixels stay visible); one narrower than that is put in the middle of a canvas that wide.
/// Throws ShapeError for other types of image and for an empty one.
cv::Mat draw_caption(const cv::Mat& image, std::string_view text, cv::Scalar colour = {50, 50, 50});

}  // namespace fovea
