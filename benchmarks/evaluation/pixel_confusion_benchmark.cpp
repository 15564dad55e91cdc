// Pixels counted per second of one thread, from maps of large regions, as people draw them, to noise.
#include <benchmark/benchmark.h>

#include <opencv2/core.hpp>

#include "fovea/base/random.hpp"
#include "fovea/evaluation/boundary_metrics.hpp"
#include "fovea/evaluation/segmentation_metrics.hpp"

namespace fovea {
namespace {

constexpr int kClasses = 21, kRows = 512, kColumns = 1024;

/// Labels that change after `run` pixels on average.
cv::Mat runs(int run, std::uint64_t seed) {
  cv::Mat labels(kRows, kColumns, CV_8UC1);
  RandomStream stream(seed);
  std::uint8_t label = 0;
  for (int y = 0; y < kRows; ++y)
    for (int x = 0; x < kColumns; ++x) {
      if (stream.below(static_cast<std::uint64_t>(run)) == 0) label = static_cast<std::uint8_t>(stream.below(kClasses));
      labels.at<std::uint8_t>(y, x) = label;
    }
  return labels;
}

void pixel_confusion(benchmark::State& state) {
  const cv::Mat truth = runs(static_cast<int>(state.range(0)), 1), found = runs(static_cast<int>(state.range(0)), 2);
  for (auto _ : state) {
    PixelConfusion confusion(kClasses);
    confusion.add(truth, found);
    benchmark::DoNotOptimize(confusion.count(0, 0));
  }
  state.counters["pixels/s"] = benchmark::Counter(static_cast<double>(truth.total()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(pixel_confusion)->ArgName("run")->Arg(1)->Arg(4)->Arg(16)->Arg(64)->Arg(256);

void boundary_f1(benchmark::State& state) {
  const cv::Mat truth = runs(64, 1), found = runs(64, 2);
  for (auto _ : state) {
    BoundaryF1 boundaries(kClasses);
    boundaries.add(truth, found);
    benchmark::DoNotOptimize(boundaries.mean());
  }
  state.counters["pixels/s"] = benchmark::Counter(static_cast<double>(truth.total()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(boundary_f1);

}  // namespace
}  // namespace fovea

BENCHMARK_MAIN();
