// The one image loader: every front end reads pictures through it, under one policy.
//
//   formats      JPEG, PNG, BMP, TIFF, WebP and PNM (P1-P6), told by their first bytes and never by the name
//   limits       bytes, pixels and side, checked in the file's header before anything is decoded
//   result       8-bit BGR, always
//   orientation  EXIF / TIFF orientation 1-8 is applied; a malformed one counts as 1 (fovea/vision/exif.hpp)
//   grey         replicated to three channels
//   palette      its colours
//   alpha        composited over white, as a viewer or a printed page shows it: dark drawings on a transparent ground stay visible.
//                The fourth byte of a 32-bit BMP is padding in most files and is ignored
//   16 bit       v / 257, rounded; PNM with another maximum: 255 v / maximum, rounded
//   CMYK, YCCK   JPEG's inverted (Adobe) CMYK without a colour profile: R = C K / 255, and so on
//   many pages   the first; an animated WebP is refused
//   refused      floating-point and signed TIFF, files that are cut short
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

namespace fovea {

/// What the loader accepts. The defaults take any photograph and stop a small file from unpacking to gigabytes.
struct ImagePolicy {
  std::uint64_t max_file_bytes = std::uint64_t{512} << 20;
  std::int64_t max_pixels = 100'000'000;
  std::int64_t max_side = 65'535;
};

/// Reads a picture: 8-bit BGR, three channels, upright. Throws FileError naming the file and the reason. Thread-safe.
cv::Mat load_image(const std::filesystem::path& path, const ImagePolicy& policy = {});

/// The same for the content of a file; `name` stands for it in errors.
cv::Mat decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImagePolicy& policy = {});

/// The pictures in `folder` and the folders in it, by extension (jpg jpeg png bmp tif tiff webp pgm ppm pbm pnm, any case), in natural
/// order of the path below `folder`. Hidden files and folders are skipped; links to folders are not followed. Empty when there are none.
/// Throws FileError when the folder is missing or cannot be read.
std::vector<std::filesystem::path> list_images(const std::filesystem::path& folder);

}  // namespace fovea
