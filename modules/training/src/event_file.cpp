#include "fovea/training/event_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

#include "fovea/base/crc32c.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFilePrefix = "events.out.tfevents.";

// Protocol buffers: every field is a key (number and kind) and a value.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

template <class Unsigned>
void put_little_endian(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_key(std::string& out, unsigned field, Wire wire) { put_varint(out, field << 3 | static_cast<unsigned>(wire)); }

void put_integer(std::string& out, unsigned field, std::int64_t value) {
  put_key(out, field, Wire::varint);
  put_varint(out, static_cast<std::uint64_t>(value));
}

void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_key(out, field, Wire::bytes);
  put_varint(out, bytes.size());
  out += bytes;
}

void put_float(std::string& out, unsigned field, float value) {
  put_key(out, field, Wire::fixed32);
  put_little_endian(out, std::bit_cast<std::uint32_t>(value));
}

void put_double(std::string& out, unsigned field, double value) {
  put_key(out, field, Wire::fixed64);
  put_little_endian(out, std::bit_cast<std::uint64_t>(value));
}

double seconds_since_1970() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// A checksum of bytes that hold checksums is a bad one: stored ones are rotated and moved.
std::uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8U; }

std::string record_of(std::string_view event) {
  std::string record;
  put_little_endian(record, std::uint64_t{event.size()});
  put_little_endian(record, masked_crc32c(record));
  record += event;
  put_little_endian(record, masked_crc32c(event));
  return record;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

fs::path file_in(const fs::path& folder) {
  std::vector<fs::path> found;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().starts_with(kFilePrefix)) found.push_back(entry.path());
  if (!found.empty()) return *std::min_element(found.begin(), found.end());
  return folder / fmt::format("{}{:010}.{}", kFilePrefix, static_cast<std::int64_t>(seconds_since_1970()), host_name());
}

}  // namespace

EventFile::EventFile(const fs::path& folder) : file_(file_in(folder)) {
  if (file_.size() > 0) return;
  std::string event;
  put_double(event, 1, seconds_since_1970());
  put_bytes(event, 3, "brain.Event:2");
  file_.append(record_of(event));
}

void EventFile::add_event(std::int64_t step, std::string_view summary) {
  std::string event;
  put_double(event, 1, seconds_since_1970());
  put_integer(event, 2, step);
  put_bytes(event, 5, summary);
  file_.append(record_of(event));
}

void EventFile::add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  std::string summary;
  for (const auto& [tag, number] : values) {
    std::string value;
    put_bytes(value, 1, tag);
    put_float(value, 2, static_cast<float>(number));
    put_bytes(summary, 1, value);
  }
  if (!values.empty()) add_event(step, summary);
}

void EventFile::add_image(std::int64_t step, const std::string& tag, int width, int height, std::string_view png) {
  constexpr int kRgb = 3;
  std::string image, value, summary;
  put_integer(image, 1, height);
  put_integer(image, 2, width);
  put_integer(image, 3, kRgb);
  put_bytes(image, 4, png);
  put_bytes(value, 1, tag);
  put_bytes(value, 4, image);
  put_bytes(summary, 1, value);
  add_event(step, summary);
}

}  // namespace fovea
