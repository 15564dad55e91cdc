#include "unzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <climits>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kChunk = std::size_t{1} << 18;

/// zlib's state, which ends itself.
struct Inflater {
  z_stream stream{};
  explicit Inflater(const std::string& where) {
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw FileError(where, "cannot be unpacked: zlib does not start");
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) { return bytes.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B; }

std::vector<std::uint8_t> unzip(std::span<const std::uint8_t> compressed, std::uint64_t at_most, const std::string& where) {
  Inflater inflater(where);
  z_stream& stream = inflater.stream;
  std::vector<std::uint8_t> result;
  std::span<const std::uint8_t> rest = compressed;
  std::vector<Bytef> input;
  for (;;) {
    if (stream.avail_in == 0 && !rest.empty()) {
      input.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), kChunk)));
      rest = rest.subspan(input.size());
      stream.next_in = input.data();
      stream.avail_in = static_cast<uInt>(input.size());
    }
    const std::size_t filled = result.size();
    const std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(at_most - filled, kChunk));
    if (room == 0) return result;
    result.resize(filled + room);
    stream.next_out = result.data() + filled;
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    result.resize(filled + room - stream.avail_out);
    if (status == Z_STREAM_END) {
      const std::size_t left = rest.size() + stream.avail_in;
      if (left == 0) return result;
      throw FileError(where, fmt::format("is damaged: {} bytes follow the end of the compressed data", left));
    }
    if (status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && rest.empty() && result.size() == filled))
      throw FileError(where, fmt::format("is cut short: the compressed data ends after {} unpacked bytes", result.size()));
    if (status != Z_OK)
      throw FileError(
          where, fmt::format("is damaged: {} after {} unpacked bytes", stream.msg != nullptr ? stream.msg : "zlib error", result.size()));
  }
}

}  // namespace fovea
