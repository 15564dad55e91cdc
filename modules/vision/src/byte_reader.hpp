// Numbers out of untrusted bytes: every read is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace fovea {

/// Thrown by ByteReader for a read past the end; its users turn it into an error of their own.
struct OutOfBytes {};

enum class ByteOrder { little, big };

class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, ByteOrder order) : bytes_(bytes), order_(order) {}

  std::size_t size() const { return bytes_.size(); }
  std::uint32_t u8(std::size_t at) const { return number(at, 1); }
  std::uint32_t u16(std::size_t at) const { return number(at, 2); }
  std::uint32_t u24(std::size_t at) const { return number(at, 3); }
  std::uint32_t u32(std::size_t at) const { return number(at, 4); }

  /// True when the bytes from `at` on begin with `text`; false past the end.
  bool matches(std::size_t at, std::string_view text) const {
    return at <= size() && size() - at >= text.size() && std::memcmp(bytes_.data() + at, text.data(), text.size()) == 0;
  }
  /// `length` bytes from `at` on.
  std::span<const std::uint8_t> part(std::size_t at, std::size_t length) const {
    if (at > size() || size() - at < length) throw OutOfBytes{};
    return bytes_.subspan(at, length);
  }

 private:
  std::uint32_t number(std::size_t at, std::size_t length) const {
    const std::span<const std::uint8_t> digits = part(at, length);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < length; ++i) value = value << 8 | digits[order_ == ByteOrder::big ? i : length - 1 - i];
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  ByteOrder order_;
};

}  // namespace fovea
