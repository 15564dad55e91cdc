// Sums in a fixed order.
#include "cpu/column_sums.hpp"
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Elements that are added in f32 before their sum goes on in double: few for each lane, so that rounding stays small.
static constexpr std::int64_t kRun = 4096;

template <class T>
static double sum_run(std::int64_t count, const T* x) {
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

template <class T>
static double sum_block(std::int64_t count, const T* x) {
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += kRun) total += sum_run(minimum(kRun, count - begin), x + begin);
  return total;
}

std::size_t sum_workspace_bytes(std::int64_t count) { return static_cast<std::size_t>(ceil_div(count, kTaskElements)) * sizeof(double); }

template <class T>
void sum(Context& context, std::int64_t count, const T* x, float* y, void* workspace) {
  auto* partials = static_cast<double*>(workspace);
  parallel_for(context.threads(), count, kTaskElements,
               [&](std::int64_t begin, std::int64_t end) { partials[begin / kTaskElements] = sum_block(end - begin, x + begin); });
  double total = 0;
  for (std::int64_t block = 0; block < ceil_div(count, kTaskElements); ++block) total += partials[block];
  *y = static_cast<float>(total);
}

std::size_t sum_rows_workspace_bytes(std::int64_t rows, std::int64_t columns) { return float_bytes(partial_sums_size(rows, columns, 1)); }

template <class T>
void sum_rows(Context& context, std::int64_t rows, std::int64_t columns, std::int64_t pitch, const T* x, float* y, void* workspace) {
  float* const sums[] = {y};
  column_sums<1>(context, rows, columns, pitch, static_cast<float*>(workspace), sums, [x]<int>(std::int64_t, auto lanes) {
    return [x, lanes](std::int64_t element, int, Vec(&terms)[1]) { terms[0] = lanes.load(x + element); };
  });
}

template void sum(Context&, std::int64_t, const float*, float*, void*);
template void sum(Context&, std::int64_t, const bf16*, float*, void*);
template void sum_rows(Context&, std::int64_t, std::int64_t, std::int64_t, const float*, float*, void*);
template void sum_rows(Context&, std::int64_t, std::int64_t, std::int64_t, const bf16*, float*, void*);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
