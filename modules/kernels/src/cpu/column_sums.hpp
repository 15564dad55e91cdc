// Sums down the columns of a matrix in a fixed order: rows are cut into blocks by the shape alone, each block gives one partial sum per
// column, and the partial sums are added in the order of the blocks.
#pragma once

#include "cpu/vector_loops.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// A dense [rows, channels] matrix seen with `repeats` rows side by side, so that few channels fill whole vectors: [rows, columns] with
/// columns = repeats * channels, and `rest` narrow rows behind it.
struct WideRows {
  std::int64_t rows, columns, repeats, rest;
};

/// The widest that columns become where rows are repeated.
inline constexpr std::int64_t kWidestColumns = 2 * kLanes * kLanes;

constexpr WideRows wide_rows(std::int64_t rows, std::int64_t channels) {
  std::int64_t repeats = 1;
  if (channels > 0 && channels < 2 * kLanes)
    while (repeats * channels % kLanes != 0) repeats *= 2;
  if (rows < 4 * repeats) repeats = 1;
  return {rows / repeats, repeats * channels, repeats, rows % repeats};
}

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

/// sums[n][v] = sum over the rows of what term(row, v, terms) leaves in terms[n].
template <int kVecs, int kSums, class Term>
FOVEA_SIMD_INLINE void sum_down(Range rows, Vec (&sums)[kSums][kVecs], Term term) {
  constexpr int kChains = kVecs * kSums < 8 ? 2 : 1;  // 4 to 8 independent sums hide the latency of the addition
  Vec chains[kChains][kSums][kVecs];
  for (auto& chain : chains)
    for (auto& sum : chain)
      for (Vec& vector : sum) vector = zero();
  const auto add_row = [&](std::int64_t row, Vec(&chain)[kSums][kVecs]) __attribute__((always_inline)) {
    for (int v = 0; v < kVecs; ++v) {
      Vec terms[kSums];
      term(row, v, terms);
      for (int n = 0; n < kSums; ++n) chain[n][v] = add(chain[n][v], terms[n]);
    }
  };
  std::int64_t row = rows.begin;
  for (; row + kChains <= rows.end; row += kChains)
    for (int chain = 0; chain < kChains; ++chain) add_row(row + chain, chains[chain]);
  if (row < rows.end) add_row(row, chains[0]);
  for (int n = 0; n < kSums; ++n)
    for (int v = 0; v < kVecs; ++v) sums[n][v] = kChains == 1 ? chains[0][n][v] : add(chains[0][n][v], chains[kChains - 1][n][v]);
}

/// sums[channel] = sum over the blocks and the repeated rows of partials[block * columns + column], taken in double.
static inline void merge_partial_sums(std::int64_t blocks, const WideRows& wide, const float* partials, float* sums) {
  constexpr std::int64_t kTile = kWidestColumns;
  for (std::int64_t tile = 0; tile < wide.columns; tile += kTile) {  // one tile where rows are repeated
    const std::int64_t width = minimum(kTile, wide.columns - tile), channels = width / wide.repeats;
    double totals[kTile] = {};
    for (std::int64_t block = 0; block < blocks; ++block)
      for (std::int64_t i = 0; i < width; ++i) totals[i] += partials[block * wide.columns + tile + i];
    for (std::int64_t i = channels; i < width; ++i) totals[i % channels] += totals[i];
    for (std::int64_t i = 0; i < channels; ++i) sums[tile + i] = static_cast<float>(totals[i]);
  }
}

/// Floats of scratch for column_sums of kSums sums.
constexpr std::int64_t partial_sums_size(std::int64_t rows, std::int64_t channels, int sums) {
  const WideRows wide = wide_rows(rows, channels);
  // Where the pitch forbids repeating there are more blocks of fewer columns.
  return sums *
         maximum(round_up(row_blocks(wide.rows, wide.columns) * wide.columns, 16), round_up(row_blocks(rows, channels) * channels, 16));
}

/// sums[n][channel] = sum over the rows of a [rows, channels] matrix of what term(element, channel or column, lanes, terms) leaves in
/// terms[n], where element = row * pitch + channel. Columns of repeated rows run over the channels again and again; `make_term(column,
/// lanes)` gives the term of a vector of columns, so that it can load what belongs to them once.
template <int kSums, class MakeTerm>
static void column_sums(Context& context, std::int64_t rows, std::int64_t channels, std::int64_t pitch, float* partials,
                        float* const (&sums)[kSums], MakeTerm make_term) {
  const WideRows wide = pitch == channels ? wide_rows(rows, channels) : WideRows{rows, channels, 1, 0};
  const std::int64_t blocks = row_blocks(wide.rows, wide.columns), wide_pitch = wide.repeats == 1 ? pitch : wide.columns;
  const std::int64_t size = round_up(blocks * wide.columns, 16);
  for_row_blocks(context, wide.rows, wide.columns, [&](std::int64_t block, Range block_rows) {
    for_column_groups(wide.columns, [&]<int kVecs>(std::int64_t column, auto lanes) {
      const auto term = make_term.template operator()<kVecs>(column, lanes);
      Vec totals[kSums][kVecs];
      sum_down<kVecs, kSums>(block_rows, totals,
                             [&](std::int64_t row, int v, Vec(&terms)[kSums]) { term(row * wide_pitch + column + v * kLanes, v, terms); });
      for (int n = 0; n < kSums; ++n)
        for (int v = 0; v < kVecs; ++v) lanes.store(partials + n * size + block * wide.columns + column + v * kLanes, totals[n][v]);
    });
  });
  if (wide.rest > 0) {  // into the last block's partial sums of the first channels
    float* last = partials + (blocks - 1) * wide.columns;
    for_vectors(0, channels, [&](std::int64_t channel, auto lanes) {
      const auto term = make_term.template operator()<1>(channel, lanes);
      Vec totals[kSums][1];
      const Range rest{rows - wide.rest, rows};
      sum_down<1, kSums>(rest, totals, [&](std::int64_t row, int v, Vec(&terms)[kSums]) { term(row * channels + channel, v, terms); });
      for (int n = 0; n < kSums; ++n) {
        float* sum = last + n * size + channel;
        lanes.store(sum, add(lanes.load(sum), totals[n][0]));
      }
    });
  }
  for (int n = 0; n < kSums; ++n) merge_partial_sums(blocks, wide, partials + n * size, sums[n]);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
