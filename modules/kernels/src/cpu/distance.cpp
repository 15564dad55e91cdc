// Distances between all rows of two matrices. A tile of 4 x 4 pairs is kept in registers while both sides stream by, so that a value that
// is loaded serves four pairs; a block of b's rows stays in the second-level cache for all rows of a's block.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"
#include "fovea/base/parallel.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

constexpr std::int64_t kTileRows = 4;
constexpr std::int64_t kBlockRows = 64;  // of a and of b, that make a task

struct AddMagnitude {
  FOVEA_SIMD_INLINE Vec apply(Vec a, Vec b, Vec sum) {
    const Vec difference = sub(a, b);
    return add(sum, max(difference, sub(zero(), difference)));
  }
};
struct AddSquare {
  FOVEA_SIMD_INLINE Vec apply(Vec a, Vec b, Vec sum) {
    const Vec difference = sub(a, b);
    return fma(difference, difference, sum);
  }
};
struct AddProduct {
  FOVEA_SIMD_INLINE Vec apply(Vec a, Vec b, Vec sum) { return fma(a, b, sum); }
};

/// `rows` x `columns` pairs, each at most kTileRows. Every pair adds the same terms in the same order, whatever the tile.
template <class Term, int rows, int columns>
void compute_tile(const DistanceShape& s, const float* a, const float* b, float* y) {
  Vec sums[rows][columns];
  for (auto& row : sums)
    for (Vec& sum : row) sum = zero();
  for_vectors(0, s.width, [&](std::int64_t k, auto lanes) {
    Vec right[columns];
    for (int j = 0; j < columns; ++j) right[j] = lanes.load(b + j * s.width + k);
    for (int i = 0; i < rows; ++i) {
      const Vec left = lanes.load(a + i * s.width + k);
      for (int j = 0; j < columns; ++j) sums[i][j] = Term::apply(left, right[j], sums[i][j]);
    }
  });
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) y[i * s.b_rows + j] = static_cast<float>(sum_of_lanes(sums[i][j]));
}

template <class Term>
void compute_block(const DistanceShape& s, std::int64_t i_begin, std::int64_t j_begin, const float* a, const float* b, float* y) {
  const std::int64_t i_end = minimum(i_begin + kBlockRows, s.a_rows), j_end = minimum(j_begin + kBlockRows, s.b_rows);
  for (std::int64_t i = i_begin; i < i_end; i += kTileRows)
    for (std::int64_t j = j_begin; j < j_end; j += kTileRows) {
      if (i + kTileRows <= i_end && j + kTileRows <= j_end) {
        compute_tile<Term, kTileRows, kTileRows>(s, a + i * s.width, b + j * s.width, y + i * s.b_rows + j);
        continue;
      }
      for (std::int64_t row = i; row < minimum(i + kTileRows, i_end); ++row)
        for (std::int64_t column = j; column < minimum(j + kTileRows, j_end); ++column)
          compute_tile<Term, 1, 1>(s, a + row * s.width, b + column * s.width, y + row * s.b_rows + column);
    }
}

}  // namespace

void row_distances(Context& context, const DistanceShape& s, const float* a, const float* b, float* y) {
  const std::int64_t columns = ceil_div(s.b_rows, kBlockRows);
  parallel_blocks(context.threads(), ceil_div(s.a_rows, kBlockRows) * columns, [&](std::int64_t block) {
    const std::int64_t i = block / columns * kBlockRows, j = block % columns * kBlockRows;
    switch (s.metric) {
      case RowMetric::l1:
        return compute_block<AddMagnitude>(s, i, j, a, b, y);
      case RowMetric::squared_l2:
        return compute_block<AddSquare>(s, i, j, a, b, y);
      case RowMetric::dot:
        return compute_block<AddProduct>(s, i, j, a, b, y);
    }
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
