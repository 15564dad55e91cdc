// Products of bf16 pairs by the instruction that is made for them. It treats subnormal numbers as zero.
#pragma once

#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Per lane: sum + a.low * b.low + a.high * b.high.
FOVEA_SIMD_INLINE Vec dot_pairs(Words a, Words b, Vec sum) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
