// Results that are too large to stay in a cache: written past it, they are not first read from memory, which is a third of a copy's
// traffic.
#pragma once

#include "cpu/partial_vector.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Bytes of a result beyond which its beginning has left the caches before its end is there.
inline constexpr std::int64_t kStreamedBytes = 24 << 20;

/// Whether pixels of `y`, `channels` values each and `pitch` apart, are to be streamed: many whole vectors at whole addresses.
inline bool is_streamed(const float* y, std::int64_t pixels, std::int64_t channels, std::int64_t pitch) {
  return pixels * channels * static_cast<std::int64_t>(sizeof(float)) > kStreamedBytes && channels % kLanes == 0 && pitch % kLanes == 0 &&
         reinterpret_cast<std::uintptr_t>(y) % (kLanes * sizeof(float)) == 0;
}

/// store_lanes, streamed where `streams` says so; then `count` is kLanes.
FOVEA_SIMD_INLINE void store_result(float* p, std::int64_t count, Vec v, bool streams) {
  if (streams)
    stream(p, v);
  else
    store_lanes(p, count, v);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
