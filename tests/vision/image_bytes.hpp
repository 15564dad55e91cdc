// Image files built in memory, for tests of the loader.
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes encode(const std::string& extension, const cv::Mat& image, const std::vector<int>& parameters = {}) {
  Bytes bytes;
  cv::imencode(extension, image, bytes, parameters);
  return bytes;
}

inline Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

inline Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

inline Bytes number(std::uint32_t value, int length, bool big) {
  Bytes bytes;
  for (int i = 0; i < length; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * (big ? length - 1 - i : i)));
  return bytes;
}

struct TiffEntry {
  std::uint32_t tag;
  std::uint32_t value;  // as one SHORT
};

/// A TIFF file (or an EXIF block) with one directory of SHORTs, and `data` behind it at the offset that tiff_data_offset gives.
inline Bytes tiff(const std::vector<TiffEntry>& entries, bool big = false, const Bytes& data = {}) {
  Bytes bytes = to_bytes(big ? "MM" : "II");
  append(bytes, number(42, 2, big));
  append(bytes, number(8, 4, big));
  append(bytes, number(static_cast<std::uint32_t>(entries.size()), 2, big));
  for (const TiffEntry& entry : entries) {
    append(bytes, number(entry.tag, 2, big));
    append(bytes, number(3, 2, big));
    append(bytes, number(1, 4, big));
    append(bytes, number(entry.value, 2, big));
    append(bytes, {0, 0});
  }
  append(bytes, number(0, 4, big));
  append(bytes, data);
  return bytes;
}

inline std::uint32_t tiff_data_offset(std::size_t entries) { return static_cast<std::uint32_t>(8 + 2 + 12 * entries + 4); }

inline Bytes exif(int orientation, bool big = false) { return tiff({{274, static_cast<std::uint32_t>(orientation)}}, big); }

inline Bytes jpeg_with_exif(const Bytes& jpeg, const Bytes& block) {
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  append(bytes, {0xFF, 0xE1});
  append(bytes, number(static_cast<std::uint32_t>(block.size() + 8), 2, true));
  append(bytes, to_bytes({"Exif\0\0", 6}));
  append(bytes, block);
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

inline Bytes png_chunk(std::string_view name, const Bytes& content) {
  Bytes named = to_bytes(name);
  append(named, content);
  Bytes bytes = number(static_cast<std::uint32_t>(content.size()), 4, true);
  append(bytes, named);
  append(bytes, number(static_cast<std::uint32_t>(::crc32(0, named.data(), static_cast<unsigned>(named.size()))), 4, true));
  return bytes;
}

/// A PNG of unfiltered `rows`, each with its filter byte in front.
inline Bytes png(cv::Size size, std::uint32_t depth, std::uint32_t colour_type, const Bytes& palette, const Bytes& rows) {
  Bytes header = number(static_cast<std::uint32_t>(size.width), 4, true);
  append(header, number(static_cast<std::uint32_t>(size.height), 4, true));
  append(header, {static_cast<std::uint8_t>(depth), static_cast<std::uint8_t>(colour_type), 0, 0, 0});
  uLongf length = ::compressBound(rows.size());
  Bytes packed(length);
  ::compress(packed.data(), &length, rows.data(), rows.size());
  packed.resize(length);
  Bytes bytes = to_bytes("\x89PNG\r\n\x1a\n");
  append(bytes, png_chunk("IHDR", header));
  if (!palette.empty()) append(bytes, png_chunk("PLTE", palette));
  append(bytes, png_chunk("IDAT", packed));
  append(bytes, png_chunk("IEND", {}));
  return bytes;
}

/// `chunk` right behind IHDR.
inline Bytes png_with_chunk(const Bytes& png, const Bytes& chunk) {
  Bytes bytes = png;
  bytes.insert(bytes.begin() + 33, chunk.begin(), chunk.end());
  return bytes;
}

/// A simple WebP (VP8 or VP8L) in the extended form, with an EXIF chunk.
inline Bytes webp_with_exif(const Bytes& webp, const Bytes& block, cv::Size size) {
  Bytes body = to_bytes("WEBPVP8X");
  append(body, number(10, 4, false));
  append(body, number(0x08, 4, false));  // has EXIF
  append(body, number(static_cast<std::uint32_t>(size.width - 1), 3, false));
  append(body, number(static_cast<std::uint32_t>(size.height - 1), 3, false));
  body.insert(body.end(), webp.begin() + 12, webp.end());
  append(body, to_bytes("EXIF"));
  append(body, number(static_cast<std::uint32_t>(block.size()), 4, false));
  append(body, block);
  if (block.size() % 2) body.push_back(0);
  Bytes bytes = to_bytes("RIFF");
  append(bytes, number(static_cast<std::uint32_t>(body.size()), 4, false));
  append(bytes, body);
  return bytes;
}

}  // namespace fovea::test
