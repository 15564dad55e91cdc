// How fast a network or an operation runs on this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/base/dtype.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/shape.hpp"
#include "fovea/kernels/conv2d.hpp"

namespace fovea {

/// How often a benchmark repeats what it measures, after a warm-up.
struct BenchmarkBudget {
  double seconds = 2;       ///< that the runs take together, about; five runs at least, three of runs longer than this
  std::int64_t repeat = 0;  ///< exactly so many runs instead; 0: as the seconds say
};

struct BenchmarkResult {
  std::string inputs = "{}";  ///< what was measured, defaults filled in: a JSON object
  std::int64_t runs = 0;
  double median_ms = 0, fastest_ms = 0;
  double images_per_s = 0;  ///< by the median; of a matrix product: products a second
  double gflops = 0;        ///< by the median: 1e9 operations a second, two for each multiply-add of the definition
  std::string kernel;       ///< the kernel table, and of an operation what it chose: "cpu/avx512 conv2d.forward winograd"
  double peak_mib = 0;      ///< resident memory of this process when it was largest, since its start

  /// `inputs`, then the keys median_ms, fastest_ms, runs, images_per_s, gflops, kernel, peak_mib, threads, fovea_version.
  Json to_json() const;
  /// Lines for people.
  std::string to_text() const;
};

struct ModelBenchmark {
  std::string model;  ///< as in the catalogue
  std::int64_t batch = 1;
  /// 0: what the network is usually run at.
  std::int64_t height = 0, width = 0, channels = 0, classes = 0;
  std::string options = "{}";  ///< of the model, as in network_architecture(): a JSON object
  /// A step is forward pass, cross entropy, backward pass and SGD (momentum 0.9, weight decay 1e-4); otherwise the forward pass alone.
  bool train = false;
  DType precision = DType::f32;       ///< of activations: f32 or bf16
  std::optional<std::uint64_t> seed;  ///< of weights and images; without it the weights are those of a new network
};

struct Conv2dBenchmark {
  Shape input;   ///< [N,H,W,C]
  Shape filter;  ///< [K,R,S]
  Conv2dGeometry geometry;
  kernels::Conv2dPass pass = kernels::Conv2dPass::forward;
  DType precision = DType::f32;  ///< of activations: f32 or bf16
  std::uint64_t seed = 1;        ///< of the values
};

/// [m,n] = op(a)[m,k] op(b)[k,n]
struct MatmulBenchmark {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  DType precision = DType::f32;  ///< of a and b: f32 or bf16; the product is f32
  std::uint64_t seed = 1;        ///< of the values
};

/// Resident memory of this process when it was largest, since its start, in MiB.
double peak_resident_mib();

// All run in the calling thread's kernels::Context, on random values. They throw OptionError or ShapeError on what cannot be run.

/// Random weights, one batch of random images again and again. The operations are those of convolutions and linear layers, and three times
/// as many in a training step.
BenchmarkResult benchmark_model(const ModelBenchmark& wanted, const BenchmarkBudget& budget = {});
/// The kernel alone: forward as in inference, with the filter packed beforehand, backward as in training.
BenchmarkResult benchmark_conv2d(const Conv2dBenchmark& wanted, const BenchmarkBudget& budget = {});
BenchmarkResult benchmark_matmul(const MatmulBenchmark& wanted, const BenchmarkBudget& budget = {});

}  // namespace fovea
