// Training steps of whole networks on random images: images/s, page faults per step, peak memory.
//   training_step_benchmark --benchmark_filter='resnet_mini/batch:128'
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/base/random.hpp"
#include "fovea/models/lenet5.hpp"
#include "fovea/models/resnet_mini.hpp"
#include "fovea/tensor/storage.hpp"
#include "fovea/training/sgd.hpp"

namespace fovea {
namespace {

Tensor random_images(const Shape& shape) {
  RandomStream stream(1);
  Tensor images = Tensor::empty(shape);
  for (std::int64_t i = 0; i < images.numel(); ++i) images.mutable_data<float>()[i] = static_cast<float>(stream.uniform(-1, 1));
  return images;
}

Tensor random_labels(std::int64_t count, std::uint64_t classes) {
  RandomStream stream(2);
  Tensor labels = Tensor::empty({count}, DType::i64);
  for (std::int64_t i = 0; i < count; ++i) labels.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(stream.below(classes));
  return labels;
}

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

void run(benchmark::State& state, Layer& network, const Shape& image) {
  const std::int64_t batch = state.range(0);
  const Tensor images = random_images({batch, image[0], image[1], image[2]}), labels = random_labels(batch, 10);
  initialize(network, 3);
  Sgd optimizer(network.parameters());
  const auto step = [&] {
    optimizer.clear_grad();
    const Variable loss = cross_entropy(network(Variable(images)), labels);
    backward(loss);
    optimizer.step(0.001);
  };
  step();
  allocator_of({}).reset_peak();
  const long faults = page_faults();
  for (auto _ : state) step();
  state.counters["images/s"] = benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["peak MiB"] = static_cast<double>(memory_statistics().peak) / (1 << 20);
  state.counters["faults"] = benchmark::Counter(static_cast<double>(page_faults() - faults), benchmark::Counter::kAvgIterations);
}

void lenet5(benchmark::State& state) {
  LeNet5 network;
  run(state, network, {28, 28, 1});
}

void resnet_mini(benchmark::State& state) {
  ResNetMini network;
  run(state, network, {32, 32, 3});
}

BENCHMARK(lenet5)->ArgName("batch")->Arg(64)->Arg(128)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(resnet_mini)->ArgName("batch")->Arg(128)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fovea

BENCHMARK_MAIN();
