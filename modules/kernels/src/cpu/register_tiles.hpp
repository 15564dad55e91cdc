// One function per height and width of a register tile, and which one serves a tile.
#pragma once

#include <utility>

#include "cpu/integers.hpp"
#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

template <class Family, int kVecs, class Rows>
struct TilesByRows;
template <class Family, int kVecs, int... kIndex>
struct TilesByRows<Family, kVecs, std::integer_sequence<int, kIndex...>> {
  static constexpr typename Family::Function kFunctions[] = {Family::template kCompute<kIndex + 1, kVecs>...};
};

/// Family::kCompute<rows, vectors> for 1 <= rows <= kMicroRows and as few vectors as hold `columns`, of at most kMicroVecs vectors.
template <class Family>
typename Family::Function tile_function(std::int64_t rows, std::int64_t columns) {
  using Rows = std::make_integer_sequence<int, kMicroRows>;
  static_assert(kMicroVecs == 2);
  return columns > kLanes ? TilesByRows<Family, 2, Rows>::kFunctions[rows - 1] : TilesByRows<Family, 1, Rows>::kFunctions[rows - 1];
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
