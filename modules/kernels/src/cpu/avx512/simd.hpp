// Vectors of 16 floats: AVX-512.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "fovea/base/bf16.hpp"

#define FOVEA_SIMD_INLINE static inline __attribute__((always_inline))

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

using Vec = __m512;
inline constexpr int kLanes = 16;
/// Register block of the matrix micro-kernel: 14 x 2 accumulators, two vectors of b, one broadcast folded into the multiply.
inline constexpr int kMicroRows = 14;
inline constexpr int kMicroVecs = 2;

FOVEA_SIMD_INLINE __mmask16 first_lanes(std::int64_t count) { return static_cast<__mmask16>((1u << count) - 1); }

FOVEA_SIMD_INLINE Vec zero() { return _mm512_setzero_ps(); }
FOVEA_SIMD_INLINE Vec broadcast(float value) { return _mm512_set1_ps(value); }
FOVEA_SIMD_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
FOVEA_SIMD_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
/// Past the caches, to an address that is a multiple of a vector's size. Others see it after stream_fence().
FOVEA_SIMD_INLINE void stream(float* p, Vec v) { _mm512_stream_ps(p, v); }
FOVEA_SIMD_INLINE void stream_fence() { _mm_sfence(); }
/// Only the first `count` lanes are read (the others are zero) or written; 0 <= count < kLanes.
FOVEA_SIMD_INLINE Vec load_first(const float* p, std::int64_t count) { return _mm512_maskz_loadu_ps(first_lanes(count), p); }
FOVEA_SIMD_INLINE void store_first(float* p, std::int64_t count, Vec v) { _mm512_mask_storeu_ps(p, first_lanes(count), v); }

FOVEA_SIMD_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
FOVEA_SIMD_INLINE Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
FOVEA_SIMD_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
FOVEA_SIMD_INLINE Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
FOVEA_SIMD_INLINE Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }
/// a * b + c
FOVEA_SIMD_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
/// max(a, 0) that keeps NaN: the second operand is returned when either is NaN.
FOVEA_SIMD_INLINE Vec relu(Vec a) { return _mm512_max_ps(_mm512_setzero_ps(), a); }
FOVEA_SIMD_INLINE Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
/// Per lane: a > b ? x : y (false for NaN).
FOVEA_SIMD_INLINE Vec select_greater(Vec a, Vec b, Vec x, Vec y) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x);
}

/// Lanes of 32-bit integers; the compiler's vector operators work on them.
using Ints = std::int32_t __attribute__((vector_size(64)));

FOVEA_SIMD_INLINE Ints load(const std::int32_t* p) { return reinterpret_cast<Ints>(_mm512_loadu_si512(p)); }
FOVEA_SIMD_INLINE void store(std::int32_t* p, Ints v) { _mm512_storeu_si512(p, reinterpret_cast<__m512i>(v)); }
FOVEA_SIMD_INLINE Ints load_first(const std::int32_t* p, std::int64_t count) {
  return reinterpret_cast<Ints>(_mm512_maskz_loadu_epi32(first_lanes(count), p));
}
FOVEA_SIMD_INLINE void store_first(std::int32_t* p, std::int64_t count, Ints v) {
  _mm512_mask_storeu_epi32(p, first_lanes(count), reinterpret_cast<__m512i>(v));
}
/// Per lane: a == b ? x : 0.
FOVEA_SIMD_INLINE Vec keep_equal(Ints a, Ints b, Vec x) {
  return _mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)), x);
}
/// Per lane: where v is greater than `best`, or is the first NaN, best = v and place = position.
FOVEA_SIMD_INLINE void take_greater(Vec v, Ints position, Vec& best, Ints& place) {
  const __mmask16 taken = _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(best, best, _CMP_ORD_Q), v, best, _CMP_NLE_UQ);
  best = _mm512_mask_mov_ps(best, taken, v);
  place = reinterpret_cast<Ints>(_mm512_mask_mov_epi32(reinterpret_cast<__m512i>(place), taken, reinterpret_cast<__m512i>(position)));
}

/// Lanes of unsigned 32-bit words.
using Words = std::uint32_t __attribute__((vector_size(64)));

/// Lanes of 64-bit words, half as many.
using Wide = std::uint64_t __attribute__((vector_size(64)));

/// Per lane: the low 32 bits of a times b.
FOVEA_SIMD_INLINE Wide multiply_low(Wide a, std::uint32_t b) {
  return reinterpret_cast<Wide>(_mm512_mul_epu32(reinterpret_cast<__m512i>(a), _mm512_set1_epi32(static_cast<int>(b))));
}
/// The even lanes of a and b by turns, and the odd ones.
FOVEA_SIMD_INLINE Words even_lanes(Wide a, Wide b) {
  return reinterpret_cast<Words>(_mm512_unpacklo_epi64(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
FOVEA_SIMD_INLINE Words odd_lanes(Wide a, Wide b) {
  return reinterpret_cast<Words>(_mm512_unpackhi_epi64(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}

FOVEA_SIMD_INLINE Vec widened(__m256i halves) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16)); }
FOVEA_SIMD_INLINE Vec load(const bf16* p) { return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))); }
FOVEA_SIMD_INLINE Vec load_first(const bf16* p, std::int64_t count) { return widened(_mm256_maskz_loadu_epi16(first_lanes(count), p)); }
/// Writes the low half of each lane.
FOVEA_SIMD_INLINE void store_halves(bf16* p, Words words) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(reinterpret_cast<__m512i>(words)));
}
FOVEA_SIMD_INLINE void store_halves_first(bf16* p, std::int64_t count, Words words) {
  _mm256_mask_storeu_epi16(p, first_lanes(count), _mm512_cvtepi32_epi16(reinterpret_cast<__m512i>(words)));
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
