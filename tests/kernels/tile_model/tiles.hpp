// The tile registers of AMX in plain C++, as Intel's manual (volume 2, TDPBF16PS) describes them: what tests run on machines without any.
#pragma once

#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Subnormal numbers are zero, read or written.
FOVEA_SIMD_INLINE float flushed(float value) {
  const bool is_tiny = value > -0x1p-126f && value < 0x1p-126f;
  return is_tiny ? __builtin_copysignf(0, value) : value;
}
FOVEA_SIMD_INLINE float widened(std::uint32_t bits) {
  bits <<= 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return flushed(value);
}

/// 32 x 32 sums, as four tiles of 16 x 16 hold them.
class Tiles {
 public:
  Tiles() = default;
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  void clear() {
    for (float& sum : sums_) sum = 0;
  }

  /// From and to 32 rows of 32 floats, `stride` floats apart.
  void load(const float* sums, std::int64_t stride) {
    for (std::int64_t m = 0; m < 32; ++m)
      for (std::int64_t n = 0; n < 32; ++n) sums_[m * 32 + n] = sums[m * stride + n];
  }
  void store(float* sums, std::int64_t stride) const {
    for (std::int64_t m = 0; m < 32; ++m)
      for (std::int64_t n = 0; n < 32; ++n) sums[m * stride + n] = sums_[m * 32 + n];
  }

  /// Adds the products of 2 x 16 rows of 32 values, their strides in values, and 32 columns of 16 pairs [pair][column], `pair_stride` words
  /// apart. Even and odd values have sums of their own, which meet at the end.
  void accumulate(const bf16* upper, std::int64_t upper_stride, const bf16* lower, std::int64_t lower_stride, const std::uint32_t* columns,
                  std::int64_t pair_stride) {
    for (std::int64_t m = 0; m < 32; ++m) {
      const bf16* row = m < 16 ? upper + m * upper_stride : lower + (m - 16) * lower_stride;
      float even[32] = {}, odd[32] = {};
      for (std::int64_t k = 0; k < 16; ++k) {
        const float first = widened(row[2 * k].bits), second = widened(row[2 * k + 1].bits);
        for (std::int64_t n = 0; n < 32; ++n) {
          const std::uint32_t pair = columns[k * pair_stride + n];
          even[n] = flushed(__builtin_fmaf(first, widened(pair & 0xFFFFu), even[n]));
          odd[n] = flushed(__builtin_fmaf(second, widened(pair >> 16), odd[n]));
        }
      }
      for (std::int64_t n = 0; n < 32; ++n) sums_[m * 32 + n] = flushed(sums_[m * 32 + n] + flushed(even[n] + odd[n]));
    }
  }

 private:
  float sums_[32 * 32];
};

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
