// Sums in a fixed order.
#include "cpu/column_sums.hpp"
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Elements that are added in f32 before their sum goes on in double: few for each lane, so that rounding stays small.
static constexpr std::int64_t kRun = 4096;

static double sum_run(std::int64_t count, const float* x) {
  constexpr int kChains = 8;  // independent sums hide the latency of the addition
  Vec sums[kChains];
  for (Vec& sum : sums) sum = zero();
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= count; i += kChains * kLanes)
    for (int chain = 0; chain < kChains; ++chain) sums[chain] = add(sums[chain], load(x + i + chain * kLanes));
  for_vectors(i, count, [&](std::int64_t rest, auto lanes) { sums[0] = add(sums[0], lanes.load(x + rest)); });
  for (int chain = 1; chain < kChains; ++chain) sums[0] = add(sums[0], sums[chain]);
  return sum_of_lanes(sums[0]);
}

static double sum_block(std::int64_t count, const float* x) {
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += kRun) total += sum_run(minimum(kRun, count - begin), x + begin);
  return total;
}

std::size_t sum_workspace_bytes(std::int64_t count) { return static_cast<std::size_t>(ceil_div(count, kTaskElements)) * sizeof(double); }

void sum(Context& context, std::int64_t count, const float* x, float* y, void* workspace) {
  auto* partials = static_cast<double*>(workspace);
  parallel_for(context.threads(), count, kTaskElements,
               [&](std::int64_t begin, std::int64_t end) { partials[begin / kTaskElements] = sum_block(end - begin, x + begin); });
  double total = 0;
  for (std::int64_t block = 0; block < ceil_div(count, kTaskElements); ++block) total += partials[block];
  *y = static_cast<float>(total);
}

std::size_t sum_rows_workspace_bytes(std::int64_t rows, std::int64_t columns) { return float_bytes(row_blocks(rows, columns) * columns); }

void sum_rows(Context& context, std::int64_t rows, std::int64_t columns, std::int64_t pitch, const float* x, float* y, void* workspace) {
  auto* partials = static_cast<float*>(workspace);
  for_row_blocks(context, rows, columns, [&](std::int64_t block, Range block_rows) {
    for_column_groups(columns, [&]<int kVecs>(std::int64_t column, auto lanes) {
      Vec sums[kVecs];
      sum_down(block_rows, sums, [&](std::int64_t row, int v) { return lanes.load(x + row * pitch + column + v * kLanes); });
      for (int v = 0; v < kVecs; ++v) lanes.store(partials + block * columns + column + v * kLanes, sums[v]);
    });
  });
  merge_partial_sums(row_blocks(rows, columns), columns, partials, y);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
