// The orientation a camera writes beside its pixels. Source: EXIF 2.32 / TIFF 6.0, tag 274.
//
//   value   1         2          3           4         5           6            7            8
//   shown   as is     mirrored   half turn   flipped   transpose   90 right     transverse   90 left
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <span>

namespace fovea {

/// The orientation, 1 to 8, that an image file asks for: JPEG (APP1), PNG (eXIf), WebP (EXIF), TIFF (tag 274).
/// 1 when there is none, when it is malformed, and for other bytes. Never throws, never reads outside `bytes`.
int exif_orientation(std::span<const std::uint8_t> bytes);

/// The picture upright: a copy turned and mirrored as `orientation` says (the image itself for 1). Any type of pixel.
/// Throws OptionError when `orientation` is not in 1..8.
cv::Mat apply_orientation(const cv::Mat& stored, int orientation);

/// Where a point of the stored picture lies in the upright one. Continuous coordinates: the centre of the first pixel is (0.5, 0.5).
/// Throws OptionError when `orientation` is not in 1..8.
cv::Point2d orient_point(cv::Point2d stored, cv::Size stored_size, int orientation);

}  // namespace fovea
