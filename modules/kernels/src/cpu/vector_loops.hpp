// What the kernels of one instruction set share: loops over vectors with a masked tail, the size of tasks, and vector arithmetic
// that is written once with the compiler's vector operators.
#pragma once

#include <cstdint>

#include "cpu/integers.hpp"
#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Elements that one task works on: long against the cost of a task, and three arrays of it fit the second-level cache.
inline constexpr std::int64_t kTaskElements = 32768;

/// How many rows of `row_elements` elements make a task.
constexpr std::int64_t rows_per_task(std::int64_t row_elements) { return maximum(1, kTaskElements / maximum(1, row_elements)); }

/// In the low half of each lane: the nearest bf16, of two equally near ones the even one; a NaN stays one and becomes quiet.
FOVEA_SIMD_INLINE Words rounded_to_bf16(Vec v) {
  const Words word = reinterpret_cast<Words>(v), upper = word >> 16;
  const Ints magnitude = reinterpret_cast<Ints>(word & 0x7FFFFFFFu);
  return magnitude > 0x7F800000 ? upper | 0x40u : (word + (0x7FFFu + (upper & 1u))) >> 16;
}
FOVEA_SIMD_INLINE void store(bf16* p, Vec v) { store_halves(p, rounded_to_bf16(v)); }
FOVEA_SIMD_INLINE void store_first(bf16* p, std::int64_t count, Vec v) { store_halves_first(p, count, rounded_to_bf16(v)); }

/// Access to all lanes of a vector in memory.
struct AllLanes {
  static constexpr std::int64_t count = kLanes;

  FOVEA_SIMD_INLINE Vec load(const float* p) { return FOVEA_ISA_NAMESPACE::load(p); }
  FOVEA_SIMD_INLINE Vec load(const bf16* p) { return FOVEA_ISA_NAMESPACE::load(p); }
  FOVEA_SIMD_INLINE Ints load(const std::int32_t* p) { return FOVEA_ISA_NAMESPACE::load(p); }
  FOVEA_SIMD_INLINE void store(float* p, Vec v) { FOVEA_ISA_NAMESPACE::store(p, v); }
  FOVEA_SIMD_INLINE void store(bf16* p, Vec v) { FOVEA_ISA_NAMESPACE::store(p, v); }
  FOVEA_SIMD_INLINE void store(std::int32_t* p, Ints v) { FOVEA_ISA_NAMESPACE::store(p, v); }
  /// v, and `fill` in the lanes without an element.
  FOVEA_SIMD_INLINE Vec or_else(Vec v, float) { return v; }
};

/// Access to the first `count` lanes, for the end of a row.
struct FirstLanes {
  std::int64_t count;

  Vec load(const float* p) const { return load_first(p, count); }
  Vec load(const bf16* p) const { return load_first(p, count); }
  Ints load(const std::int32_t* p) const { return load_first(p, count); }
  void store(float* p, Vec v) const { store_first(p, count, v); }
  void store(bf16* p, Vec v) const { store_first(p, count, v); }
  void store(std::int32_t* p, Ints v) const { store_first(p, count, v); }
  Vec or_else(Vec v, float fill) const {
    Ints lane{};
    for (int i = 0; i < kLanes; ++i) lane[i] = i;
    return lane < static_cast<std::int32_t>(count) ? v : broadcast(fill);
  }
};

/// Calls body(i, lanes) for every vector of [begin, end): lanes is AllLanes, and FirstLanes for the rest.
template <class Body>
FOVEA_SIMD_INLINE void for_vectors(std::int64_t begin, std::int64_t end, Body body) {
  std::int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, AllLanes{});
  if (i < end) body(i, FirstLanes{end - i});
}

FOVEA_SIMD_INLINE float largest_lane(Vec v) {
  float lanes[kLanes];
  store(lanes, v);
  float largest = lanes[0];
  for (int i = 1; i < kLanes; ++i) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

FOVEA_SIMD_INLINE double sum_of_lanes(Vec v) {
  float lanes[kLanes];
  store(lanes, v);
  double sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

/// e^x for x <= 88 within 2 ulp, 0 below -87 (where the result would be subnormal); NaN stays.
/// x = n ln 2 + r with |r| <= ln(2)/2, and e^r by its series up to r^7 / 7!, whose rest is below 2^-27.
FOVEA_SIMD_INLINE Vec exp(Vec x) {
  constexpr float kRoundToInteger = 0x1.8p23f;  // adding it leaves n in the low bits of the sum
  constexpr float kLn2High = 0x1.62e4p-1f;      // 15 bits: n * kLn2High is exact
  constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  constexpr float kInverseFactorials[] = {1.f / 5040, 1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f, 1.f};
  const Vec shifted = fma(x, broadcast(1.44269504f), broadcast(kRoundToInteger));
  const Vec n = sub(shifted, broadcast(kRoundToInteger));
  const Vec r = fma(n, broadcast(-kLn2Low), fma(n, broadcast(-kLn2High), x));
  Vec series = broadcast(kInverseFactorials[0]);
  for (int i = 1; i < 8; ++i) series = fma(series, r, broadcast(kInverseFactorials[i]));
  const Words power_of_two = (reinterpret_cast<Words>(shifted) << 23) + 0x3F800000u;
  const Vec result = mul(series, reinterpret_cast<Vec>(power_of_two));
  return select_greater(broadcast(-87.f), x, zero(), result);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
