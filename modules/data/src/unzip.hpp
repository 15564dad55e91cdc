// gzip files in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea {

/// True for content that begins like a gzip file.
bool is_gzip(std::span<const std::uint8_t> bytes);

/// The first `at_most` bytes of what `compressed` unpacks to, or all when there are fewer: then everything, checksums included, has been
/// checked. The limit is the reader's guard against small files that unpack to gigabytes. Throws FileError naming `where`.
std::vector<std::uint8_t> unzip(std::span<const std::uint8_t> compressed, std::uint64_t at_most, const std::string& where);

}  // namespace fovea
