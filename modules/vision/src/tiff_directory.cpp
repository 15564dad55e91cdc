#include "tiff_directory.hpp"

namespace fovea {

namespace {

constexpr std::size_t kEntryBytes = 12;

ByteOrder byte_order(std::span<const std::uint8_t> bytes) {
  const ByteReader reader(bytes, ByteOrder::little);
  if (reader.matches(0, "II")) return ByteOrder::little;
  if (reader.matches(0, "MM")) return ByteOrder::big;
  throw TiffDirectory::NotTiff{};
}

}  // namespace

TiffDirectory::TiffDirectory(std::span<const std::uint8_t> bytes) : reader_(bytes, byte_order(bytes)) {
  if (reader_.u16(2) != 42) throw NotTiff{};
  const std::size_t directory = reader_.u32(4);
  entries_ = reader_.u16(directory);
  first_entry_ = directory + 2;
  reader_.part(first_entry_, entries_ * kEntryBytes);
}

std::optional<std::size_t> TiffDirectory::find(std::uint32_t tag) const {
  for (std::size_t i = 0; i < entries_; ++i) {
    const std::size_t entry = first_entry_ + i * kEntryBytes;
    if (reader_.u16(entry) == tag) return entry;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> TiffDirectory::value(std::uint32_t tag) const {
  const std::optional<std::size_t> entry = find(tag);
  if (!entry) return std::nullopt;
  const std::uint32_t type = reader_.u16(*entry + 2);
  const std::size_t count = reader_.u32(*entry + 4);
  if (count == 0 || (type != kByte && type != kShort && type != kLong)) return std::nullopt;
  const std::size_t size = type == kByte ? 1 : type == kShort ? 2 : 4;
  const std::size_t at = count * size <= 4 ? *entry + 8 : reader_.u32(*entry + 8);
  return size == 1 ? reader_.u8(at) : size == 2 ? reader_.u16(at) : reader_.u32(at);
}

void TiffDirectory::set_short(std::span<std::uint8_t> bytes, std::uint32_t tag, std::uint16_t value) const {
  const std::optional<std::size_t> entry = find(tag);
  if (!entry) return;
  const bool big = byte_order(bytes) == ByteOrder::big;
  bytes[*entry + 8] = static_cast<std::uint8_t>(big ? value >> 8 : value);
  bytes[*entry + 9] = static_cast<std::uint8_t>(big ? value : value >> 8);
}

}  // namespace fovea
