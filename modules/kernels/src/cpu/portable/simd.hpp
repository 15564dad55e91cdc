// Vectors of 4 floats by the compiler's own vector type: any machine.
#pragma once

#include <cstdint>

#include "fovea/base/bf16.hpp"

#define FOVEA_SIMD_INLINE static inline __attribute__((always_inline))

namespace fovea::kernels::portable {

using Vec = float __attribute__((vector_size(16)));
using UnalignedVec = float __attribute__((vector_size(16), aligned(4), may_alias));
inline constexpr int kLanes = 4;
/// Register block of the matrix micro-kernel: 6 x 2 accumulators of 16 registers.
inline constexpr int kMicroRows = 6;
inline constexpr int kMicroVecs = 2;

FOVEA_SIMD_INLINE Vec zero() { return Vec{}; }
FOVEA_SIMD_INLINE Vec broadcast(float value) { return Vec{value, value, value, value}; }
FOVEA_SIMD_INLINE Vec load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
FOVEA_SIMD_INLINE void store(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
/// Past the caches where a set can; this one cannot.
FOVEA_SIMD_INLINE void stream(float* p, Vec v) { store(p, v); }
FOVEA_SIMD_INLINE void stream_fence() {}
/// Only the first `count` lanes are read (the others are zero) or written; 0 <= count < kLanes.
FOVEA_SIMD_INLINE Vec load_first(const float* p, std::int64_t count) {
  Vec v{};
  for (int i = 0; i < kLanes; ++i)
    if (i < count) v[i] = p[i];
  return v;
}
FOVEA_SIMD_INLINE void store_first(float* p, std::int64_t count, Vec v) {
  for (int i = 0; i < kLanes; ++i)
    if (i < count) p[i] = v[i];
}

FOVEA_SIMD_INLINE Vec add(Vec a, Vec b) { return a + b; }
FOVEA_SIMD_INLINE Vec sub(Vec a, Vec b) { return a - b; }
FOVEA_SIMD_INLINE Vec mul(Vec a, Vec b) { return a * b; }
FOVEA_SIMD_INLINE Vec div(Vec a, Vec b) { return a / b; }
FOVEA_SIMD_INLINE Vec sqrt(Vec a) {
  Vec root;
  for (int i = 0; i < kLanes; ++i) root[i] = __builtin_sqrtf(a[i]);
  return root;
}
/// a * b + c, rounded twice: this set has no fused operation.
FOVEA_SIMD_INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
/// max(a, 0) that keeps NaN.
FOVEA_SIMD_INLINE Vec relu(Vec a) { return Vec{} > a ? Vec{} : a; }
FOVEA_SIMD_INLINE Vec max(Vec a, Vec b) { return a > b ? a : b; }
/// Per lane: a > b ? x : y (false for NaN).
FOVEA_SIMD_INLINE Vec select_greater(Vec a, Vec b, Vec x, Vec y) { return a > b ? x : y; }

/// Lanes of 32-bit integers; the compiler's vector operators work on them.
using Ints = std::int32_t __attribute__((vector_size(16)));
using UnalignedInts = std::int32_t __attribute__((vector_size(16), aligned(4), may_alias));

FOVEA_SIMD_INLINE Ints load(const std::int32_t* p) { return *reinterpret_cast<const UnalignedInts*>(p); }
FOVEA_SIMD_INLINE void store(std::int32_t* p, Ints v) { *reinterpret_cast<UnalignedInts*>(p) = v; }
FOVEA_SIMD_INLINE Ints load_first(const std::int32_t* p, std::int64_t count) {
  Ints v{};
  for (int i = 0; i < kLanes; ++i)
    if (i < count) v[i] = p[i];
  return v;
}
FOVEA_SIMD_INLINE void store_first(std::int32_t* p, std::int64_t count, Ints v) {
  for (int i = 0; i < kLanes; ++i)
    if (i < count) p[i] = v[i];
}
/// Per lane: a == b ? x : 0.
FOVEA_SIMD_INLINE Vec keep_equal(Ints a, Ints b, Vec x) { return a == b ? x : Vec{}; }
/// Per lane: where v is greater than `best`, or is the first NaN, best = v and place = position.
FOVEA_SIMD_INLINE void take_greater(Vec v, Ints position, Vec& best, Ints& place) {
  const Ints taken = (v > best) | ((v != v) & (best == best));
  best = taken ? v : best;
  place = taken ? position : place;
}

/// Lanes of unsigned 32-bit words.
using Words = std::uint32_t __attribute__((vector_size(16)));

/// Lanes of 64-bit words, half as many.
using Wide = std::uint64_t __attribute__((vector_size(16)));

/// Per lane: the low 32 bits of a times b.
FOVEA_SIMD_INLINE Wide multiply_low(Wide a, std::uint32_t b) { return (a & 0xFFFFFFFFu) * b; }
/// The even lanes of a and b by turns, and the odd ones.
FOVEA_SIMD_INLINE Words even_lanes(Wide a, Wide b) { return reinterpret_cast<Words>(Wide{a[0], b[0]}); }
FOVEA_SIMD_INLINE Words odd_lanes(Wide a, Wide b) { return reinterpret_cast<Words>(Wide{a[1], b[1]}); }

using Halves = std::uint16_t __attribute__((vector_size(8)));
using UnalignedHalves = std::uint16_t __attribute__((vector_size(8), aligned(2), may_alias));

FOVEA_SIMD_INLINE Vec load(const bf16* p) {
  return reinterpret_cast<Vec>(__builtin_convertvector(*reinterpret_cast<const UnalignedHalves*>(p), Words) << 16);
}
FOVEA_SIMD_INLINE Vec load_first(const bf16* p, std::int64_t count) {
  Words words{};
  for (int i = 0; i < kLanes; ++i)
    if (i < count) words[i] = std::uint32_t{p[i].bits} << 16;
  return reinterpret_cast<Vec>(words);
}
/// Writes the low half of each lane.
FOVEA_SIMD_INLINE void store_halves(bf16* p, Words words) {
  *reinterpret_cast<UnalignedHalves*>(p) = __builtin_convertvector(words, Halves);
}
FOVEA_SIMD_INLINE void store_halves_first(bf16* p, std::int64_t count, Words words) {
  for (int i = 0; i < kLanes; ++i)
    if (i < count) p[i].bits = static_cast<std::uint16_t>(words[i]);
}

}  // namespace fovea::kernels::portable
