// Mean and variance of the columns of a matrix, block of rows by block of rows.
#pragma once

#include "cpu/column_sums.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Mean of some rows and sum of the squared deviations from it, [columns] each, in double: what Chan's formula merges.
struct Moments {
  double* mean;
  double* squares;
};

/// Two passes over a block that stays in the cache. Deviations from the block's own mean are small, so that nothing cancels however far
/// from zero the data lie; what rounding left of their sum corrects the mean.
template <class T>
static void block_moments(Range rows, std::int64_t columns, const T* x, Moments out) {
  const double count = static_cast<double>(rows.end - rows.begin);
  const Vec inverse_count = broadcast(static_cast<float>(1 / count));
  for_column_groups(columns, [&]<int kVecs>(std::int64_t column, auto lanes) {
    const auto value = [&](std::int64_t row, int v) { return lanes.load(x + row * columns + column + v * kLanes); };
    Vec mean[1][kVecs], sums[2][kVecs];
    sum_down<kVecs, 1>(rows, mean, [&](std::int64_t row, int v, Vec(&terms)[1]) { terms[0] = value(row, v); });
    for (Vec& m : mean[0]) m = mul(m, inverse_count);
    sum_down<kVecs, 2>(rows, sums, [&](std::int64_t row, int v, Vec(&terms)[2]) {
      terms[0] = sub(value(row, v), mean[0][v]);
      terms[1] = mul(terms[0], terms[0]);
    });
    float means[kVecs * kLanes], residuals[kVecs * kLanes], sums_of_squares[kVecs * kLanes];
    for (int v = 0; v < kVecs; ++v) {
      store(means + v * kLanes, mean[0][v]);
      store(residuals + v * kLanes, sums[0][v]);
      store(sums_of_squares + v * kLanes, sums[1][v]);
    }
    const std::int64_t width = minimum(kVecs * kLanes, columns - column);
    for (std::int64_t i = 0; i < width; ++i) {
      const double shift = residuals[i] / count;
      out.mean[column + i] = means[i] + shift;
      out.squares[column + i] = sums_of_squares[i] - residuals[i] * shift;
    }
  });
}

/// Chan, Golub and LeVeque 1979, equation 2.1: into `total` of `total_count` rows goes `part` of `part_count` rows.
static inline void merge_moments(std::int64_t columns, double total_count, Moments total, double part_count, Moments part) {
  const double share = part_count / (total_count + part_count);
  for (std::int64_t c = 0; c < columns; ++c) {
    const double difference = part.mean[c] - total.mean[c];
    total.mean[c] += difference * share;
    total.squares[c] += part.squares[c] + difference * difference * total_count * share;
  }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
