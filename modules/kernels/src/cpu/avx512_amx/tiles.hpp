// The tile registers of AMX as the matrix products use them. tests/kernels/tile_model has the same class in plain C++.
#pragma once

#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Intel's manual, volume 1, "tile configuration": all eight registers have 16 rows of 64 bytes. A constant, because the intrinsic does not
/// tell the compiler that it reads more than a pointer's worth.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static constexpr TileConfiguration kTileConfiguration;

/// 32 x 32 sums, in registers 0 to 3 of the calling thread. One object at a time.
class Tiles {
 public:
  Tiles() { _tile_loadconfig(&kTileConfiguration); }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  void clear() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }

  /// From and to 32 rows of 32 floats, `stride` floats apart.
  void load(const float* sums, std::int64_t stride) {
    const std::int64_t bytes = stride * 4;
    __asm__ volatile("" ::: "memory");  // the intrinsics do not say that they read memory
    _tile_loadd(0, sums, bytes);
    _tile_loadd(1, sums + 16, bytes);
    _tile_loadd(2, sums + 16 * stride, bytes);
    _tile_loadd(3, sums + 16 * stride + 16, bytes);
  }
  void store(float* sums, std::int64_t stride) const {
    const std::int64_t bytes = stride * 4;
    _tile_stored(0, sums, bytes);
    _tile_stored(1, sums + 16, bytes);
    _tile_stored(2, sums + 16 * stride, bytes);
    _tile_stored(3, sums + 16 * stride + 16, bytes);
    __asm__ volatile("" ::: "memory");  // nor that they write it
  }

  /// Adds the products of 2 x 16 rows of 32 values, their strides in values, and 32 columns of 16 pairs [pair][column], `pair_stride` words
  /// apart.
  void accumulate(const bf16* upper, std::int64_t upper_stride, const bf16* lower, std::int64_t lower_stride, const std::uint32_t* columns,
                  std::int64_t pair_stride) {
    const std::int64_t upper_bytes = upper_stride * 2, lower_bytes = lower_stride * 2, pair_bytes = pair_stride * 4;
    __asm__ volatile("" ::: "memory");
    _tile_loadd(4, upper, upper_bytes);
    _tile_loadd(6, columns, pair_bytes);
    _tile_loadd(7, columns + 16, pair_bytes);
    _tile_loadd(5, lower, lower_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
