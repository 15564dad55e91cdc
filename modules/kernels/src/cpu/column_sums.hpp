// Sums down the columns of a matrix in a fixed order: rows are cut into blocks by the shape alone, each block gives one partial sum per
// column, and the partial sums are added in the order of the blocks.
#pragma once

#include "cpu/vector_loops.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// The upper limit bounds how many f32 values are added one to another, and so the rounding error; the lower one the partial sums' memory.
constexpr std::int64_t rows_per_block(std::int64_t columns) { return clamped(rows_per_task(columns), 64, 256); }
constexpr std::int64_t row_blocks(std::int64_t rows, std::int64_t columns) { return ceil_div(rows, rows_per_block(columns)); }

/// Calls body(block, rows) for every block of rows, in parallel.
template <class Body>
static void for_row_blocks(Context& context, std::int64_t rows, std::int64_t columns, Body body) {
  const std::int64_t block_rows = rows_per_block(columns);
  const std::int64_t blocks_per_task = maximum(1, rows_per_task(columns) / block_rows);
  parallel_for(context.threads(), row_blocks(rows, columns), blocks_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) body(block, Range{block * block_rows, minimum(rows, (block + 1) * block_rows)});
  });
}

/// Calls body.operator()<vectors>(column, lanes) for groups of columns as wide as registers allow.
template <class Body>
FOVEA_SIMD_INLINE void for_column_groups(std::int64_t columns, Body body) {
  constexpr int kGroup = 4;
  std::int64_t column = 0;
  for (; column + kGroup * kLanes <= columns; column += kGroup * kLanes) body.template operator()<kGroup>(column, AllLanes{});
  for_vectors(column, columns, [&](std::int64_t rest, auto lanes) { body.template operator()<1>(rest, lanes); });
}

/// sums[v] = sum over the rows of term(row, v), in two interleaved chains.
template <int kVecs, class Term>
FOVEA_SIMD_INLINE void sum_down(Range rows, Vec (&sums)[kVecs], Term term) {
  Vec odd[kVecs];
  for (int v = 0; v < kVecs; ++v) sums[v] = odd[v] = zero();
  std::int64_t row = rows.begin;
  for (; row + 2 <= rows.end; row += 2)
    for (int v = 0; v < kVecs; ++v) {
      sums[v] = add(sums[v], term(row, v));
      odd[v] = add(odd[v], term(row + 1, v));
    }
  for (int v = 0; v < kVecs; ++v) {
    if (row < rows.end) sums[v] = add(sums[v], term(row, v));
    sums[v] = add(sums[v], odd[v]);
  }
}

/// sums[column] = sum over the blocks of partials[block * columns + column], taken in double.
static inline void merge_partial_sums(std::int64_t blocks, std::int64_t columns, const float* partials, float* sums) {
  constexpr std::int64_t kTile = 64;
  for (std::int64_t tile = 0; tile < columns; tile += kTile) {
    const std::int64_t width = minimum(kTile, columns - tile);
    double totals[kTile] = {};
    for (std::int64_t block = 0; block < blocks; ++block)
      for (std::int64_t i = 0; i < width; ++i) totals[i] += partials[block * columns + tile + i];
    for (std::int64_t i = 0; i < width; ++i) sums[tile + i] = static_cast<float>(totals[i]);
  }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
