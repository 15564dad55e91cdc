// Convolution layers of well-known networks, all three passes: conv2d_benchmark --benchmark_filter='f32/forward/c64_56.*/threads:1'
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/kernels/kernel_table.hpp"
#include "support/values.hpp"

namespace fovea::kernels {
namespace {

using test::random_values;

struct Case {
  const char* name;
  std::int64_t n, c, size, k, filter, stride, pad, groups;

  Conv2dShape shape() const {
    const std::int64_t out = (size + 2 * pad - filter) / stride + 1;
    return {.n = n,
            .h = size,
            .w = size,
            .c = c,
            .k = k,
            .r = filter,
            .s = filter,
            .p = out,
            .q = out,
            .stride_h = stride,
            .stride_w = stride,
            .pad_top = pad,
            .pad_left = pad,
            .groups = groups,
            .x_pitch = c,
            .y_pitch = k};
  }
};

constexpr Case kCases[] = {
    {"c64_56_3x3", 32, 64, 56, 64, 3, 1, 1, 1},       {"c128_28_3x3", 32, 128, 28, 128, 3, 1, 1, 1},
    {"c256_14_3x3", 32, 256, 14, 256, 3, 1, 1, 1},    {"c512_7_3x3", 32, 512, 7, 512, 3, 1, 1, 1},
    {"c64-256_56_1x1", 32, 64, 56, 256, 1, 1, 0, 1},  {"c3-64_224_7x7s2", 32, 3, 224, 64, 7, 2, 3, 1},
    {"dw128_56_3x3", 32, 128, 56, 128, 3, 1, 1, 128}, {"lenet_conv1", 64, 1, 28, 20, 5, 1, 2, 1},
    {"lenet_conv2", 64, 20, 14, 50, 5, 1, 2, 1},      {"lenet_fc", 64, 2450, 1, 500, 1, 1, 0, 1},
};

template <class T>
void run(benchmark::State& state, const Case& layer, Conv2dPass pass) {
  const Conv2dKernels<T>& conv2d = table().of<T>().conv2d;
  Conv2dShape shape = layer.shape();
  shape.choice = state.range(1) != 0 ? Conv2dChoice::direct : Conv2dChoice::by_batch;
  Context context(static_cast<int>(state.range(0)));
  const std::int64_t x_count = shape.n * shape.h * shape.w * shape.c, y_count = shape.n * shape.p * shape.q * shape.k;
  std::vector<T> x = random_values<T>(x_count, 1), y = random_values<T>(y_count, 2);
  std::vector<float> filter = random_values<float>(shape.k * shape.r * shape.s * shape.c / shape.groups, 3);
  std::vector<std::byte> packed(conv2d.packed_filter_bytes(shape));
  conv2d.pack_filter(context, shape, filter.data(), packed.data());
  void* workspace = context.workspace(conv2d.workspace_bytes(context, shape, pass));
  for (auto _ : state) {
    switch (pass) {
      case Conv2dPass::forward:
        conv2d.forward(context, shape, x.data(), packed.data(), {}, y.data(), workspace);
        break;
      case Conv2dPass::backward_data:
        conv2d.backward_data(context, shape, y.data(), filter.data(), x.data(), workspace);
        break;
      case Conv2dPass::backward_filter:
        conv2d.backward_filter(context, shape, x.data(), y.data(), filter.data(), workspace);
        break;
    }
  }
  const double operations = 2.0 * static_cast<double>(y_count) * static_cast<double>(shape.r * shape.s * shape.c / shape.groups);
  state.counters["GFLOP/s"] = benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

template <class T>
void register_all(const std::string& precision) {
  for (const Case& layer : kCases) {
    const bool has_choice = precision == "f32" && layer.filter == 3 && layer.groups == 1;
    for (const auto& [name, pass] : {std::pair{"forward", Conv2dPass::forward},
                                     {"backward_data", Conv2dPass::backward_data},
                                     {"backward_filter", Conv2dPass::backward_filter}})
      benchmark::RegisterBenchmark((precision + "/" + name + "/" + layer.name).c_str(),
                                   [&layer, pass = pass](benchmark::State& state) { run<T>(state, layer, pass); })
          ->ArgNames({"threads", "direct"})
          ->ArgsProduct({{1, 2}, has_choice ? std::vector<std::int64_t>{0, 1} : std::vector<std::int64_t>{0}})
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace fovea::kernels

int main(int argc, char** argv) {
  fovea::kernels::register_all<float>("f32");
  fovea::kernels::register_all<fovea::bf16>("bf16");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
