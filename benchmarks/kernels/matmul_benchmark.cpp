// Square matrix products in every transposition: matmul_benchmark --benchmark_filter='NN/1024/threads:1'
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/kernels/kernel_table.hpp"
#include "support/values.hpp"

namespace fovea::kernels {
namespace {

using test::random_values;

void run(benchmark::State& state, std::int64_t size, bool transpose_a, bool transpose_b) {
  const MatmulKernels<float>& matmul = table().f32.matmul;
  Context context(static_cast<int>(state.range(0)));
  const MatmulShape shape{.m = size,
                          .n = size,
                          .k = size,
                          .transpose_a = transpose_a,
                          .transpose_b = transpose_b,
                          .a_stride = size,
                          .b_stride = size,
                          .y_stride = size};
  const std::vector<float> a = random_values<float>(size * size, 1), b = random_values<float>(size * size, 2);
  std::vector<float> y(a.size());
  void* workspace = context.workspace(matmul.workspace_bytes(context, shape));
  for (auto _ : state) matmul.forward(context, shape, a.data(), b.data(), {}, y.data(), workspace);
  const double operations = 2.0 * static_cast<double>(size * size) * static_cast<double>(size);
  state.counters["GFLOP/s"] = benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const std::int64_t size : {256, 512, 1024, 2048})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        benchmark::RegisterBenchmark(
            (std::string(transpose_a ? "T" : "N") + (transpose_b ? "T" : "N") + "/" + std::to_string(size)).c_str(),
            [=](benchmark::State& state) { run(state, size, transpose_a, transpose_b); })
            ->ArgName("threads")
            ->Arg(1)
            ->Arg(2)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace fovea::kernels

int main(int argc, char** argv) {
  fovea::kernels::register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
