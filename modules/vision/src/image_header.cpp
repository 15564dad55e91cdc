#include "image_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>

#include "byte_reader.hpp"
#include "fovea/base/error.hpp"
#include "jpeg_segments.hpp"
#include "tiff_directory.hpp"

namespace fovea {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr const char* kCutShort = "is cut short";
constexpr const char* kDamagedHeader = "has a damaged header";

/// Why a file is refused; becomes a FileError where the name is known.
struct Refusal {
  std::string reason;
};

bool is_space(std::uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::optional<ImageFormat> find_format(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::little);
  if (reader.matches(0, "\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (reader.matches(0, kPngSignature)) return ImageFormat::png;
  if (reader.matches(0, "BM")) return ImageFormat::bmp;
  if (reader.matches(0, {"II*\0", 4}) || reader.matches(0, {"MM\0*", 4})) return ImageFormat::tiff;
  if (reader.matches(0, "RIFF") && reader.matches(8, "WEBP")) return ImageFormat::webp;
  if (bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && is_space(bytes[2])) return ImageFormat::pnm;
  return std::nullopt;
}

ImageHeader read_jpeg(Bytes bytes) {
  ImageHeader header{.format = ImageFormat::jpeg};
  bool complete = false;
  JpegSegments segments(bytes);
  while (const std::optional<JpegSegment> segment = segments.next()) {
    complete = segment->marker == JpegSegment::kEndOfImage;
    if (!segment->is_frame_header()) continue;
    const ByteReader frame(segment->payload, ByteOrder::big);
    // A second frame header is an error to the decoder; the larger one counts for the limits.
    header.height = std::max<std::int64_t>(header.height, frame.u16(1));
    header.width = std::max<std::int64_t>(header.width, frame.u16(3));
  }
  if (!complete) throw Refusal{kCutShort};
  return header;
}

ImageHeader read_png(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::big);
  if (!reader.matches(12, "IHDR")) throw Refusal{bytes.size() < 16 ? kCutShort : kDamagedHeader};
  const ImageHeader header{.format = ImageFormat::png, .width = reader.u32(16), .height = reader.u32(20)};
  for (std::size_t chunk = kPngSignature.size();; chunk += std::size_t{12} + reader.u32(chunk)) {
    reader.part(chunk, 12);  // length, name and checksum
    if (reader.matches(chunk + 4, "IEND")) return header;
  }
}

ImageHeader read_bmp(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::little);
  ImageHeader header{.format = ImageFormat::bmp};
  if (reader.u32(14) == 12) {  // OS/2: 16-bit sizes
    header.width = reader.u16(18);
    header.height = reader.u16(20);
  } else {
    header.width = static_cast<std::int32_t>(reader.u32(18));
    header.height = std::llabs(static_cast<std::int32_t>(reader.u32(22)));  // negative: rows from the top
  }
  return header;
}

ImageHeader read_tiff(Bytes bytes) {
  const TiffDirectory directory(bytes);
  constexpr std::uint32_t kUnsigned = 1, kUnassociated = 2;
  if (directory.value(TiffDirectory::kSampleFormat).value_or(kUnsigned) != kUnsigned)
    throw Refusal{"has floating-point or signed samples, expected unsigned ones of 8 or 16 bits"};
  return {.format = ImageFormat::tiff,
          .width = directory.value(TiffDirectory::kWidth).value_or(0),
          .height = directory.value(TiffDirectory::kHeight).value_or(0),
          .straight_alpha = directory.value(TiffDirectory::kExtraSamples) == kUnassociated};
}

// Source: RFC 9649 (WebP container), RFC 6386 section 9.1 (VP8).
ImageHeader read_webp(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::little);
  reader.part(8, reader.u32(4));
  ImageHeader header{.format = ImageFormat::webp};
  if (reader.matches(12, "VP8X")) {
    constexpr std::uint32_t kAnimation = 0x02;
    if (reader.u8(20) & kAnimation) throw Refusal{"is an animated WebP, expected a still picture"};
    header.width = reader.u24(24) + 1;
    header.height = reader.u24(27) + 1;
  } else if (reader.matches(12, "VP8L")) {
    const std::uint32_t sides = reader.u32(21);  // 14 bits each
    header.width = (sides & 0x3FFF) + 1;
    header.height = (sides >> 14 & 0x3FFF) + 1;
  } else if (reader.matches(12, "VP8 ")) {
    header.width = reader.u16(26) & 0x3FFF;
    header.height = reader.u16(28) & 0x3FFF;
  } else {
    throw Refusal{kDamagedHeader};
  }
  return header;
}

/// The next number of a PNM header; moves `at` behind it. Comments run from # to the end of the line.
std::uint32_t read_pnm_number(const ByteReader& reader, std::size_t& at) {
  while (is_space(reader.u8(at)) || reader.u8(at) == '#') {
    if (reader.u8(at++) != '#') continue;
    while (reader.u8(at) != '\n') ++at;
  }
  constexpr std::uint32_t kLimit = 100'000'000;  // ten times this still fits
  std::uint32_t number = 0;
  const std::size_t begin = at;
  for (; reader.u8(at) >= '0' && reader.u8(at) <= '9'; ++at) {
    if (number >= kLimit) throw Refusal{kDamagedHeader};
    number = 10 * number + (reader.u8(at) - '0');
  }
  if (at == begin) throw Refusal{kDamagedHeader};
  return number;
}

ImageHeader read_pnm(Bytes bytes) {
  const ByteReader reader(bytes, ByteOrder::big);
  std::size_t at = 2;
  ImageHeader header{.format = ImageFormat::pnm};
  header.width = read_pnm_number(reader, at);
  header.height = read_pnm_number(reader, at);
  if (bytes[1] == '1' || bytes[1] == '4') return header;  // bitmaps
  header.white = read_pnm_number(reader, at);
  if (header.white < 1 || header.white > 65'535) throw Refusal{fmt::format("has the maximum {}, expected 1 to 65535", header.white)};
  return header;
}

ImageHeader read_header(Bytes bytes) {
  const std::optional<ImageFormat> format = find_format(bytes);
  if (!format)
    throw Refusal{fmt::format("is not an image of a known format (its first bytes are {:02x})",
                              fmt::join(bytes.first(std::min<std::size_t>(bytes.size(), 8)), " "))};
  switch (*format) {
    case ImageFormat::jpeg:
      return read_jpeg(bytes);
    case ImageFormat::png:
      return read_png(bytes);
    case ImageFormat::bmp:
      return read_bmp(bytes);
    case ImageFormat::tiff:
      return read_tiff(bytes);
    case ImageFormat::webp:
      return read_webp(bytes);
    case ImageFormat::pnm:
      return read_pnm(bytes);
  }
  throw Refusal{kDamagedHeader};
}

void check_limits(const ImageHeader& header, const std::string& name, const ImagePolicy& policy) {
  const std::string size = fmt::format("{}x{}", header.width, header.height);
  if (header.width < 1 || header.height < 1) throw FileError(name, "has the size " + size + ", expected at least 1x1");
  if (header.width > policy.max_side || header.height > policy.max_side)
    throw FileError(name, fmt::format("is {} pixels, expected at most {} on a side", size, policy.max_side));
  if (header.width > policy.max_pixels / header.height)
    throw FileError(name, fmt::format("is {} pixels, expected at most {} in all", size, policy.max_pixels));
}

}  // namespace

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::jpeg:
      return "JPEG";
    case ImageFormat::png:
      return "PNG";
    case ImageFormat::bmp:
      return "BMP";
    case ImageFormat::tiff:
      return "TIFF";
    case ImageFormat::webp:
      return "WebP";
    case ImageFormat::pnm:
      return "PNM";
  }
  return "?";
}

ImageHeader read_image_header(Bytes bytes, const std::string& name) {
  try {
    return read_header(bytes);
  } catch (const Refusal& refusal) {
    throw FileError(name, refusal.reason);
  } catch (const OutOfBytes&) {
    throw FileError(name, kCutShort);
  } catch (const TiffDirectory::NotTiff&) {
    throw FileError(name, kDamagedHeader);
  }
}

ImageHeader read_allowed_header(Bytes bytes, const std::string& name, const ImagePolicy& policy) {
  if (bytes.empty()) throw FileError(name, "is empty");
  const std::uint64_t max_bytes = std::min<std::uint64_t>(policy.max_file_bytes, std::numeric_limits<int>::max());
  if (bytes.size() > max_bytes) throw FileError(name, fmt::format("has {} bytes, expected at most {}", bytes.size(), max_bytes));
  const ImageHeader header = read_image_header(bytes, name);
  check_limits(header, name, policy);
  return header;
}

}  // namespace fovea
