#include "fovea/vision/exif.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <optional>

#include "byte_reader.hpp"
#include "fovea/base/error.hpp"
#include "jpeg_segments.hpp"
#include "tiff_directory.hpp"

namespace fovea {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view kExifPrefix{"Exif\0\0", 6};

// The EXIF block of each container: a little TIFF file. Empty when there is none.

Bytes exif_of_jpeg(Bytes bytes) {
  JpegSegments segments(bytes);
  while (const std::optional<JpegSegment> segment = segments.next()) {
    if (segment->marker == JpegSegment::kStartOfScan) break;  // what follows is compressed data
    if (segment->marker == JpegSegment::kApp1 && ByteReader(segment->payload, ByteOrder::big).matches(0, kExifPrefix))
      return segment->payload.subspan(kExifPrefix.size());
  }
  return {};
}

Bytes exif_of_png(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::big);
  for (std::size_t chunk = 8;; chunk += std::size_t{12} + reader.u32(chunk))
    if (reader.matches(chunk + 4, "eXIf")) return reader.part(chunk + 8, reader.u32(chunk));
}

Bytes exif_of_webp(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::little);
  for (std::size_t chunk = 12;;) {
    const std::size_t length = reader.u32(chunk + 4);
    if (reader.matches(chunk, "EXIF")) {
      const std::size_t prefix = reader.matches(chunk + 8, kExifPrefix) ? kExifPrefix.size() : 0;  // some writers keep JPEG's
      return reader.part(chunk + 8, length).subspan(length < prefix ? length : prefix);
    }
    chunk += 8 + length + length % 2;
  }
}

Bytes exif_of(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::big);
  if (reader.matches(0, "\xFF\xD8")) return exif_of_jpeg(bytes);
  if (reader.matches(0, "\x89PNG")) return exif_of_png(bytes);
  if (reader.matches(0, "RIFF") && reader.matches(8, "WEBP")) return exif_of_webp(bytes);
  return bytes;
}

void check_orientation(int orientation) {
  if (orientation < 1 || orientation > 8) throw OptionError(fmt::format("orientation is {}, expected 1 to 8", orientation));
}

// Every orientation is a transposition (5-8) followed by mirroring: which axes of the result run backwards.
bool is_transposed(int orientation) { return orientation >= 5; }
bool mirrors_x(int orientation) { return orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7; }
bool mirrors_y(int orientation) { return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8; }

}  // namespace

int exif_orientation(Bytes bytes) {
  try {
    const std::uint32_t value = TiffDirectory(exif_of(bytes)).value(TiffDirectory::kOrientation).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  } catch (const OutOfBytes&) {
    return 1;
  } catch (const TiffDirectory::NotTiff&) {
    return 1;
  }
}

cv::Mat apply_orientation(const cv::Mat& stored, int orientation) {
  check_orientation(orientation);
  cv::Mat upright = stored;
  if (is_transposed(orientation)) cv::transpose(stored, upright);
  if (!mirrors_x(orientation) && !mirrors_y(orientation)) return upright;
  cv::Mat mirrored;
  cv::flip(upright, mirrored, !mirrors_y(orientation) ? 1 : !mirrors_x(orientation) ? 0 : -1);
  return mirrored;
}

cv::Point2d orient_point(cv::Point2d stored, cv::Size stored_size, int orientation) {
  check_orientation(orientation);
  if (is_transposed(orientation)) {
    std::swap(stored.x, stored.y);
    std::swap(stored_size.width, stored_size.height);
  }
  return {mirrors_x(orientation) ? stored_size.width - stored.x : stored.x,
          mirrors_y(orientation) ? stored_size.height - stored.y : stored.y};
}

}  // namespace fovea
