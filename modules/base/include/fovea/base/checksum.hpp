// Telling damaged bytes from whole ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace fovea {

/// XXH3-64 (xxhash) of bytes that come piece by piece: the same number however they are cut. It finds accidents, not forgeries.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::string_view bytes);
  /// Of everything added so far.
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::uint64_t checksum(std::string_view bytes);

}  // namespace fovea
