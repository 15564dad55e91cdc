#include "image_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

void check_limits(const ImageHeader& header, const std::string& name, const ImagePolicy& policy) {
  const std::string size = fmt::format("{}x{}", header.width, header.height);
  if (header.width < 1 || header.height < 1) throw FileError(name, "has the size " + size + ", expected at least 1x1");
  if (header.width > policy.max_side || header.height > policy.max_side)
    throw FileError(name, fmt::format("is {} pixels, expected at most {} on a side", size, policy.max_side));
  if (header.width > policy.max_pixels / header.height)
    throw FileError(name, fmt::format("is {} pixels, expected at most {} in all", size, policy.max_pixels));
}

}  // namespace

ImageHeader checked_image_header(std::span<const std::uint8_t> bytes, const std::string& name, const ImagePolicy& policy) {
  if (bytes.empty()) throw FileError(name, "is empty");
  const std::uint64_t max_bytes = std::min<std::uint64_t>(policy.max_file_bytes, std::numeric_limits<int>::max());
  if (bytes.size() > max_bytes) throw FileError(name, fmt::format("has {} bytes, expected at most {}", bytes.size(), max_bytes));
  const ImageHeader header = read_image_header(bytes, name);
  check_limits(header, name, policy);
  return header;
}

}  // namespace fovea
