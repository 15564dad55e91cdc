// The first directory of a TIFF file, which is also the form of EXIF data. Source: TIFF 6.0, section 2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "byte_reader.hpp"

namespace fovea {

/// Throws OutOfBytes when the bytes end before the directory does, and NotTiff when they do not begin as TIFF does.
class TiffDirectory {
 public:
  struct NotTiff {};

  static constexpr std::uint32_t kWidth = 256, kHeight = 257, kOrientation = 274, kExtraSamples = 338, kSampleFormat = 339;

  explicit TiffDirectory(std::span<const std::uint8_t> bytes);

  /// The value of a tag of type BYTE, SHORT or LONG (the first one where there are several); nothing when it is absent or of another type.
  std::optional<std::uint32_t> value(std::uint32_t tag) const;

  /// Overwrites a SHORT that is stored in the directory itself; `bytes` is a copy of what the directory was read from.
  void set_short(std::span<std::uint8_t> bytes, std::uint32_t tag, std::uint16_t value) const;

 private:
  static constexpr std::uint32_t kByte = 1, kShort = 3, kLong = 4;

  std::optional<std::size_t> find(std::uint32_t tag) const;

  ByteReader reader_;
  std::size_t first_entry_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace fovea
