// A walk over the marker segments of a JPEG file. Source: ITU-T T.81, annex B.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace fovea {

struct JpegSegment {
  static constexpr std::uint8_t kEndOfImage = 0xD9;
  static constexpr std::uint8_t kStartOfScan = 0xDA;
  static constexpr std::uint8_t kApp1 = 0xE1;

  std::uint8_t marker = 0;
  std::span<const std::uint8_t> payload;  ///< without the two bytes of length

  /// True for the frame headers SOF0-SOF15, whose payload begins with precision (1 byte), height (2) and width (2).
  bool is_frame_header() const { return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC; }
};

class JpegSegments {
 public:
  explicit JpegSegments(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// The next segment, up to and including the end of the image; nothing when the bytes end before it. Skips compressed data.
  std::optional<JpegSegment> next();

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 2;  // behind the start-of-image marker
};

}  // namespace fovea
