// Vectors that may be cut short by the end of a row.
#pragma once

#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// The first `count` lanes in memory, 0 <= count <= kLanes; lanes that are not read are zero.
template <class T>
FOVEA_SIMD_INLINE Vec load_lanes(const T* p, std::int64_t count) {
  return count == kLanes ? load(p) : load_first(p, count);
}
template <class T>
FOVEA_SIMD_INLINE void store_lanes(T* p, std::int64_t count, Vec v) {
  if (count == kLanes)
    store(p, v);
  else
    store_first(p, count, v);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
