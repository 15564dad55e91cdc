// A reader of event files for tests: records with checksums, and the few messages that scalars and images take. Written from the
// descriptions of TFRecord, protocol buffers and RFC 3720; shares no code with what it checks.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/base/file.hpp"

namespace fovea::test {

struct EventValue {
  std::string tag;
  float simple_value = 0;
  std::int64_t height = 0, width = 0, colorspace = 0;
  std::string encoded_image;
};

struct Event {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string file_version;
  std::vector<EventValue> values;
};

/// Bit by bit: the remainder of the polynomial division.
inline std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t feedback = (crc ^ (static_cast<std::uint8_t>(c) >> bit)) & 1;
      crc = (crc >> 1) ^ (feedback * 0x82F63B78U);
    }
  return crc ^ 0xFFFFFFFF;
}

class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) throw std::runtime_error("the bytes end early");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  template <class T>
  T little_endian() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);  // tests run on little-endian machines
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value += static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a varint does not end");
  }

 private:
  std::string_view bytes_;
};

/// Calls on_field(number, wire kind, varint or bits, bytes) for every field of a message.
template <class OnField>
void for_fields(std::string_view message, OnField on_field) {
  ByteCursor cursor(message);
  while (!cursor.at_end()) {
    const std::uint64_t key = cursor.varint();
    const auto kind = static_cast<int>(key & 7);
    std::uint64_t number = 0;
    std::string_view bytes;
    if (kind == 0)
      number = cursor.varint();
    else if (kind == 1)
      number = cursor.little_endian<std::uint64_t>();
    else if (kind == 2)
      bytes = cursor.take(cursor.varint());
    else if (kind == 5)
      number = cursor.little_endian<std::uint32_t>();
    else
      throw std::runtime_error("an unknown kind of field");
    on_field(static_cast<int>(key >> 3), kind, number, bytes);
  }
}

inline EventValue parse_value(std::string_view message) {
  EventValue value;
  for_fields(message, [&](int field, int, std::uint64_t number, std::string_view bytes) {
    if (field == 1) value.tag = bytes;
    if (field == 2) value.simple_value = std::bit_cast<float>(static_cast<std::uint32_t>(number));
    if (field != 4) return;
    for_fields(bytes, [&](int part, int, std::uint64_t integer, std::string_view image) {
      if (part == 1) value.height = static_cast<std::int64_t>(integer);
      if (part == 2) value.width = static_cast<std::int64_t>(integer);
      if (part == 3) value.colorspace = static_cast<std::int64_t>(integer);
      if (part == 4) value.encoded_image = image;
    });
  });
  return value;
}

inline Event parse_event(std::string_view message) {
  Event event;
  for_fields(message, [&](int field, int, std::uint64_t number, std::string_view bytes) {
    if (field == 1) event.wall_time = std::bit_cast<double>(number);
    if (field == 2) event.step = static_cast<std::int64_t>(number);
    if (field == 3) event.file_version = bytes;
    if (field == 5)
      for_fields(bytes, [&](int part, int, std::uint64_t, std::string_view value) {
        if (part == 1) event.values.push_back(parse_value(value));
      });
  });
  return event;
}

/// Throws std::runtime_error when a checksum is wrong or a record is cut short.
inline std::vector<Event> parse_events(std::string_view bytes) {
  const auto unmasked = [](std::uint32_t masked) {
    const std::uint32_t rotated = masked - 0xA282EAD8U;
    return (rotated >> 17) | (rotated << 15);
  };
  std::vector<Event> events;
  ByteCursor cursor(bytes);
  while (!cursor.at_end()) {
    const std::string_view length = cursor.take(8);
    if (unmasked(cursor.little_endian<std::uint32_t>()) != slow_crc32c(length)) throw std::runtime_error("a length has another checksum");
    const std::string_view data = cursor.take(ByteCursor(length).little_endian<std::uint64_t>());
    if (unmasked(cursor.little_endian<std::uint32_t>()) != slow_crc32c(data)) throw std::runtime_error("a record has another checksum");
    events.push_back(parse_event(data));
  }
  return events;
}

inline std::vector<Event> read_events(const std::filesystem::path& file) { return parse_events(read_text_file(file)); }

}  // namespace fovea::test
