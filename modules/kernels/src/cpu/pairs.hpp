// Pairs of bf16 in 32-bit words: what the dot products of bf16 multiply.
#pragma once

#include "cpu/partial_vector.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

FOVEA_SIMD_INLINE Words load_words(const std::uint32_t* p) {
  Words words;
  __builtin_memcpy(&words, p, sizeof words);
  return words;
}
FOVEA_SIMD_INLINE void store_words(std::uint32_t* p, Words words) { __builtin_memcpy(p, &words, sizeof words); }

/// Two neighbours in memory, in every lane.
FOVEA_SIMD_INLINE Words broadcast_pair(const bf16* p) {
  std::uint32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return Words{} + pair;
}
/// One value beside a zero, in every lane.
FOVEA_SIMD_INLINE Words broadcast_single(const bf16* p) { return Words{} + std::uint32_t{p->bits}; }

/// Per lane the pair of `low` and `high`, which are bf16 as f32.
FOVEA_SIMD_INLINE Words pairs_of(Vec low, Vec high) { return reinterpret_cast<Words>(low) >> 16 | reinterpret_cast<Words>(high); }
/// The same of any f32, rounded.
FOVEA_SIMD_INLINE Words rounded_pairs_of(Vec low, Vec high) { return rounded_to_bf16(low) | rounded_to_bf16(high) << 16; }

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
