// safetensors files put together by hand.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/interchange/safetensors.hpp"

namespace fovea::test {

/// Length, header and data, whatever they are.
inline std::string safetensors_bytes(std::string_view header, std::string_view data = "") {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes.append(header).append(data);
}

inline SafetensorsFile parse_text(std::string_view bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  return parse_safetensors(copy, "file");
}

}  // namespace fovea::test
