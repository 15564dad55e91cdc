// The checksum of record files.
#pragma once

#include <cstdint>
#include <string_view>

namespace fovea {

/// CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected; first and last xor with ones): RFC 3720, section 12.1 and appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace fovea
