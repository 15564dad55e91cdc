// The last step of a gathered product of bf16: from sums in memory to results.
#pragma once

#include "cpu/gather_product.hpp"
#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Writes `count` rows of the panel that begins at `column`, from sums [count][kPanelWidth]; y[i] is where row i begins.
template <class Out>
void store_finished(const GatherProduct<bf16, Out>& g, const float* sums, Out* const* y, std::int64_t count, std::int64_t column) {
  const std::int64_t columns = minimum(kPanelWidth, g.columns - column);
  const TileEpilogue<Out> epilogue = epilogue_of_columns(g.epilogue, g.y, column);
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j < columns; j += kLanes) {
      Out* const row = y[i] + column;
      const std::int64_t valid = minimum(kLanes, columns - j);
      store_lanes(row + j, valid, epilogue.finish(load(sums + i * kPanelWidth + j), row, j, valid));
    }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
