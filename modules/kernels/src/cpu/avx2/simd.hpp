// Vectors of 8 floats: AVX2 with FMA.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "fovea/base/bf16.hpp"

#define FOVEA_SIMD_INLINE static inline __attribute__((always_inline))

namespace fovea::kernels::avx2 {

using Vec = __m256;
inline constexpr int kLanes = 8;
/// Register block of the matrix micro-kernel: 6 x 2 accumulators of 16 registers.
inline constexpr int kMicroRows = 6;
inline constexpr int kMicroVecs = 2;

FOVEA_SIMD_INLINE __m256i first_lanes(std::int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

FOVEA_SIMD_INLINE Vec zero() { return _mm256_setzero_ps(); }
FOVEA_SIMD_INLINE Vec broadcast(float value) { return _mm256_set1_ps(value); }
FOVEA_SIMD_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
FOVEA_SIMD_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
/// Past the caches, to an address that is a multiple of a vector's size. Others see it after stream_fence().
FOVEA_SIMD_INLINE void stream(float* p, Vec v) { _mm256_stream_ps(p, v); }
FOVEA_SIMD_INLINE void stream_fence() { _mm_sfence(); }
/// Only the first `count` lanes are read (the others are zero) or written; 0 <= count < kLanes.
FOVEA_SIMD_INLINE Vec load_first(const float* p, std::int64_t count) { return _mm256_maskload_ps(p, first_lanes(count)); }
FOVEA_SIMD_INLINE void store_first(float* p, std::int64_t count, Vec v) { _mm256_maskstore_ps(p, first_lanes(count), v); }

FOVEA_SIMD_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
FOVEA_SIMD_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
FOVEA_SIMD_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
FOVEA_SIMD_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
FOVEA_SIMD_INLINE Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }
/// a * b + c
FOVEA_SIMD_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
/// max(a, 0) that keeps NaN: the second operand is returned when either is NaN.
FOVEA_SIMD_INLINE Vec relu(Vec a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }
FOVEA_SIMD_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
/// Per lane: a > b ? x : y (false for NaN).
FOVEA_SIMD_INLINE Vec select_greater(Vec a, Vec b, Vec x, Vec y) { return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GT_OQ)); }

/// Lanes of 32-bit integers; the compiler's vector operators work on them.
using Ints = std::int32_t __attribute__((vector_size(32)));

FOVEA_SIMD_INLINE Ints load(const std::int32_t* p) {
  return reinterpret_cast<Ints>(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
FOVEA_SIMD_INLINE void store(std::int32_t* p, Ints v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(v)); }
FOVEA_SIMD_INLINE Ints load_first(const std::int32_t* p, std::int64_t count) {
  return reinterpret_cast<Ints>(_mm256_maskload_epi32(p, first_lanes(count)));
}
FOVEA_SIMD_INLINE void store_first(std::int32_t* p, std::int64_t count, Ints v) {
  _mm256_maskstore_epi32(p, first_lanes(count), reinterpret_cast<__m256i>(v));
}
/// Per lane: a == b ? x : 0.
FOVEA_SIMD_INLINE Vec keep_equal(Ints a, Ints b, Vec x) { return _mm256_and_ps(reinterpret_cast<__m256>(a == b), x); }
/// Per lane: where v is greater than `best`, or is the first NaN, best = v and place = position.
FOVEA_SIMD_INLINE void take_greater(Vec v, Ints position, Vec& best, Ints& place) {
  const Vec taken = _mm256_and_ps(_mm256_cmp_ps(v, best, _CMP_NLE_UQ), _mm256_cmp_ps(best, best, _CMP_ORD_Q));
  best = _mm256_blendv_ps(best, v, taken);
  place = reinterpret_cast<Ints>(_mm256_blendv_ps(reinterpret_cast<Vec>(place), reinterpret_cast<Vec>(position), taken));
}

/// Lanes of unsigned 32-bit words.
using Words = std::uint32_t __attribute__((vector_size(32)));

/// Lanes of 64-bit words, half as many.
using Wide = std::uint64_t __attribute__((vector_size(32)));

/// Per lane: the low 32 bits of a times b.
FOVEA_SIMD_INLINE Wide multiply_low(Wide a, std::uint32_t b) {
  return reinterpret_cast<Wide>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), _mm256_set1_epi32(static_cast<int>(b))));
}
/// The even lanes of a and b by turns, and the odd ones.
FOVEA_SIMD_INLINE Words even_lanes(Wide a, Wide b) {
  return reinterpret_cast<Words>(_mm256_unpacklo_epi64(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
FOVEA_SIMD_INLINE Words odd_lanes(Wide a, Wide b) {
  return reinterpret_cast<Words>(_mm256_unpackhi_epi64(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}

FOVEA_SIMD_INLINE Vec load(const bf16* p) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
FOVEA_SIMD_INLINE Vec load_first(const bf16* p, std::int64_t count) {
  Words words{};
  for (int i = 0; i < kLanes; ++i)
    if (i < count) words[i] = std::uint32_t{p[i].bits} << 16;
  return reinterpret_cast<Vec>(words);
}
/// Writes the low half of each lane; the high halves are zero.
FOVEA_SIMD_INLINE void store_halves(bf16* p, Words words) {
  const __m256i packed = _mm256_packus_epi32(reinterpret_cast<__m256i>(words), _mm256_setzero_si256());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08)));
}
FOVEA_SIMD_INLINE void store_halves_first(bf16* p, std::int64_t count, Words words) {
  for (int i = 0; i < kLanes; ++i)
    if (i < count) p[i].bits = static_cast<std::uint16_t>(words[i]);
}

}  // namespace fovea::kernels::avx2
