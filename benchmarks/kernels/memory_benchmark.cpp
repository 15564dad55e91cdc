// What a network does between its convolutions, which should run at the speed of memory:
//     memory_benchmark --benchmark_filter='batch_norm.*bf16'
// bytes_per_second counts every input read once and every output written once; passes that a kernel needs beyond that show as a loss.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fovea/base/dtype.hpp"
#include "fovea/base/random.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea::kernels {
namespace {

template <class T>
std::vector<T> random_values(std::int64_t count, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(stream.uniform(-1, 1));
  return values;
}

/// Arrays of one size, and what a benchmark does with them.
template <class T>
struct Arrays {
  std::int64_t rows, channels;
  std::vector<T> a = random_values<T>(rows * channels, 1), b = random_values<T>(rows * channels, 2), c = b, y = a, z = a;
  std::vector<WeightOf<T>> mean = random_values<WeightOf<T>>(channels, 3), scale = mean, beta = mean, dgamma = mean, dbeta = mean;
  std::vector<std::int32_t> places = std::vector<std::int32_t>(a.size());
  std::int64_t count() const { return rows * channels; }
};

template <class T>
using Body = std::function<void(Context&, const TypedKernels<T>&, Arrays<T>&)>;

template <class T>
void add(const std::string& name, std::int64_t rows, std::int64_t channels, double passes, const Body<T>& body) {
  benchmark::RegisterBenchmark(
      (name + "/" + name_of(dtype_of<T>) + "/" + std::to_string(rows) + "x" + std::to_string(channels)).c_str(),
      [=](benchmark::State& state) {
        Context context(static_cast<int>(state.range(0)));
        Arrays<T> arrays{.rows = rows, .channels = channels};
        const TypedKernels<T>& kernels = table().of<T>();
        for (auto _ : state) body(context, kernels, arrays);
        state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(passes * static_cast<double>(arrays.count() * sizeof(T))));
      })
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

template <class T>
void add_activations() {
  const std::int64_t rows = 32 * 56 * 56, channels = 64;
  const struct {
    const char* name;
    ActivationFunction f;
  } functions[] = {{"sigmoid", {ActivationKind::sigmoid}},
                   {"tanh", {ActivationKind::tanh}},
                   {"leaky_relu", {ActivationKind::leaky_relu, 0.1}},
                   {"elu", {ActivationKind::elu}},
                   {"softplus", {ActivationKind::softplus}},
                   {"silu", {ActivationKind::silu}},
                   {"mish", {ActivationKind::mish}},
                   {"hard_swish", {ActivationKind::hard_swish}},
                   {"gelu", {ActivationKind::gelu}},
                   {"gelu_tanh", {ActivationKind::gelu_tanh}}};
  for (const auto& [name, function] : functions) {
    const ActivationFunction f = function;
    add<T>(name, rows, channels, 2, [f](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.activation.forward(context, f, x.count(), x.a.data(), x.y.data());
    });
    add<T>(std::string(name) + "_backward", rows, channels, 3, [f](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.activation.backward(context, f, x.count(), x.a.data(), x.b.data(), x.y.data());
    });
  }
}

/// The statistics' arrays need an element per sample and group.
template <class T>
void add_group_norms() {
  const struct {
    const char* name;
    GroupNormShape shape;
  } norms[] = {{"layer_norm", {.n = 32 * 197, .pixels = 1, .channels = 768, .groups = 1}},
               {"group_norm", {.n = 32, .pixels = 28 * 28, .channels = 256, .groups = 32}},
               {"instance_norm", {.n = 8, .pixels = 112 * 112, .channels = 64, .groups = 64}}};
  for (const auto& [name, norm] : norms) {
    const GroupNormShape s = norm;
    const auto statistics = static_cast<std::size_t>(s.n * s.groups);
    const auto mean = random_values<WeightOf<T>>(s.n * s.groups, 5);
    add<T>(name, s.n * s.pixels, s.channels, 2,
           [=, means = std::vector<WeightOf<T>>(statistics), deviations = std::vector<WeightOf<T>>(statistics)](
               Context& context, const TypedKernels<T>& k, Arrays<T>& x) mutable {
             k.group_norm.forward(context, s, x.a.data(), x.scale.data(), x.beta.data(), 1e-5, means.data(), deviations.data(), x.y.data(),
                                  context.workspace(k.group_norm.workspace_bytes(s)));
           });
    add<T>(std::string(name) + "_backward", s.n * s.pixels, s.channels, 3, [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.group_norm.backward(context, s, x.a.data(), x.b.data(), mean.data(), mean.data(), x.scale.data(), x.y.data(), x.dgamma.data(),
                            x.dbeta.data(), context.workspace(k.group_norm.workspace_bytes(s)));
    });
  }
}

template <class T>
void add_all() {
  add_activations<T>();
  add_group_norms<T>();
  struct {
    std::int64_t rows, channels;
  } const sizes[] = {{32 * 56 * 56, 64}, {32 * 14 * 14, 256}, {128 * 24 * 24, 6}, {128 * 32 * 32, 3}, {64 * 28 * 28, 20}};
  for (const auto& [rows, channels] : sizes) {
    const BatchNormShape shape{rows, channels};
    add<T>("batch_norm_statistics", rows, channels, 1, [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.batch_norm.statistics(context, shape, x.a.data(), x.mean.data(), x.scale.data(),
                              context.workspace(k.batch_norm.workspace_bytes(shape)));
    });
    add<T>("batch_norm_normalize", rows, channels, 2, [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.batch_norm.normalize(context, shape, x.a.data(), x.mean.data(), x.scale.data(), x.scale.data(), x.beta.data(), nullptr,
                             Activation::none, x.y.data());
    });
    add<T>("batch_norm_normalize_add_relu", rows, channels, 3, [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.batch_norm.normalize(context, shape, x.a.data(), x.mean.data(), x.scale.data(), x.scale.data(), x.beta.data(), x.b.data(),
                             Activation::relu, x.y.data());
    });
    for (const bool fused : {false, true})
      add<T>(fused ? "batch_norm_backward_add_relu" : "batch_norm_backward", rows, channels, fused ? 5 : 3,
             [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
               k.batch_norm.backward(context, shape, x.a.data(), fused ? x.c.data() : nullptr, x.b.data(), x.mean.data(), x.scale.data(),
                                     x.scale.data(), x.y.data(), fused ? x.z.data() : nullptr, x.dgamma.data(), x.dbeta.data(),
                                     context.workspace(k.batch_norm.workspace_bytes(shape)));
             });
    add<T>("sum_rows", rows, channels, 1, [=](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.reduce.sum_rows(context, rows, channels, channels, x.a.data(), x.mean.data(),
                        context.workspace(k.reduce.sum_rows_workspace_bytes(rows, channels)));
    });
  }
  const std::int64_t rows = 32 * 56 * 56, channels = 64;
  add<T>("add", rows, channels, 3, [](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
    k.elementwise.add(context, x.count(), x.a.data(), x.b.data(), x.y.data());
  });
  add<T>("relu", rows, channels, 2,
         [](Context& context, const TypedKernels<T>& k, Arrays<T>& x) { k.elementwise.relu(context, x.count(), x.a.data(), x.y.data()); });
  add<T>("dropout", rows, channels, 2, [](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
    k.elementwise.dropout(context, x.count(), {1, 2, 0x80000000}, 2, x.a.data(), x.y.data());
  });
  struct {
    const char* name;
    Pool2dShape shape;
  } const pools[] = {{"2x2",
                      {.n = 32,
                       .h = 56,
                       .w = 56,
                       .c = 64,
                       .p = 28,
                       .q = 28,
                       .window_h = 2,
                       .window_w = 2,
                       .stride_h = 2,
                       .stride_w = 2,
                       .x_pitch = 64,
                       .y_pitch = 64}},
                     {"2x2_6",
                      {.n = 128,
                       .h = 24,
                       .w = 24,
                       .c = 6,
                       .p = 12,
                       .q = 12,
                       .window_h = 2,
                       .window_w = 2,
                       .stride_h = 2,
                       .stride_w = 2,
                       .x_pitch = 6,
                       .y_pitch = 6}},
                     {"3x3_2",
                      {.n = 8,
                       .h = 112,
                       .w = 112,
                       .c = 64,
                       .p = 56,
                       .q = 56,
                       .window_h = 3,
                       .window_w = 3,
                       .stride_h = 2,
                       .stride_w = 2,
                       .pad_top = 1,
                       .pad_left = 1,
                       .x_pitch = 64,
                       .y_pitch = 64}},
                     {"global_7x7",
                      {.n = 32,
                       .h = 7,
                       .w = 7,
                       .c = 512,
                       .p = 1,
                       .q = 1,
                       .window_h = 7,
                       .window_w = 7,
                       .stride_h = 7,
                       .stride_w = 7,
                       .x_pitch = 512,
                       .y_pitch = 512}}};
  for (const auto& [name, shape] : pools) {
    const Pool2dShape s = shape;
    const std::int64_t in = s.n * s.h * s.w, out = s.n * s.p * s.q;
    const double place_bytes = sizeof(std::int32_t) / static_cast<double>(sizeof(T));
    const double share = static_cast<double>(out) / static_cast<double>(in);
    add<T>(std::string("max_pool2d/") + name, in, s.c, 1 + share * (1 + place_bytes),
           [s](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
             k.pool2d.max_forward(context, s, x.a.data(), x.y.data(), x.places.data());
           });
    add<T>(std::string("max_pool2d_inference/") + name, in, s.c, 1 + share, [s](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
      k.pool2d.max_forward(context, s, x.a.data(), x.y.data(), nullptr);
    });
    add<T>(std::string("max_pool2d_backward/") + name, in, s.c, 1 + share * (1 + place_bytes),
           [s](Context& context, const TypedKernels<T>& k, Arrays<T>& x) {
             k.pool2d.max_backward(context, s, x.y.data(), x.places.data(), x.a.data());
           });
    add<T>(std::string("average_pool2d/") + name, in, s.c, 1 + share,
           [s](Context& context, const TypedKernels<T>& k, Arrays<T>& x) { k.pool2d.average_forward(context, s, x.a.data(), x.y.data()); });
    add<T>(
        std::string("average_pool2d_backward/") + name, in, s.c, 1 + share,
        [s](Context& context, const TypedKernels<T>& k, Arrays<T>& x) { k.pool2d.average_backward(context, s, x.y.data(), x.a.data()); });
  }
}

}  // namespace
}  // namespace fovea::kernels

int main(int argc, char** argv) {
  fovea::kernels::add_all<float>();
  fovea::kernels::add_all<fovea::bf16>();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
