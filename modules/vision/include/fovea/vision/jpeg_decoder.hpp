// Parts of JPEG pictures: only the rows and columns that are wanted, at full size or reduced.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>
#include <vector>

namespace fovea {

/// Decodes one picture after the other and keeps its memory for the next. Not for two threads at once.
///
/// The pixels are those of the one image loader, to the bit (at reduction 1): both decode with libjpeg-turbo, and the decoder computes a
/// margin around the part, since chroma that was stored at half size is interpolated from its neighbours. What the loader treats in a way
/// of its own (CMYK, damaged files, unusual sampling) the decoder leaves to it.
class JpegDecoder {
 public:
  /// The pixels of `area` as stored (EXIF orientation not applied), 8-bit BGR; valid until the next call. With `reduction` 2, 4 or 8 `area`
  /// is a part of the picture at that part of its size, both sides rounded up, which costs less than a reduction of the pixels: blocks are
  /// transformed back to 4x4, 2x2 or 1 pixel at once. Source: libjpeg.txt, "scale_num, scale_denom".
  /// Empty when the bytes are no JPEG, when anything is wrong with them up to the end of the area, when they are of a kind that is left to
  /// the loader, or when the area is empty or reaches out of the picture. Throws OptionError for another reduction.
  cv::Mat decode(std::span<const std::uint8_t> bytes, cv::Rect area, int reduction = 1);

 private:
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t*> rows_;
};

}  // namespace fovea
