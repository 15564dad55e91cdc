// Products of bf16 pairs by f32 multiply-adds: bf16 is the upper half of an f32, so a shift and a mask widen it, and the products are
// exact.
#pragma once

#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Per lane: sum + a.low * b.low + a.high * b.high, the low halves first.
FOVEA_SIMD_INLINE Vec dot_pairs(Words a, Words b, Vec sum) {
  sum = fma(reinterpret_cast<Vec>(a << 16), reinterpret_cast<Vec>(b << 16), sum);
  return fma(reinterpret_cast<Vec>(a & 0xFFFF0000u), reinterpret_cast<Vec>(b & 0xFFFF0000u), sum);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
