// What all benchmarks share: repeating, and what a result is made of.
#pragma once

#include <cstdint>
#include <functional>

#include "fovea/pipelines/benchmark.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Runs `body` as the budget says; `images` and `operations` are those of one run. Throws OptionError on a budget out of range.
BenchmarkResult benchmark_runs(const std::function<void()>& body, const BenchmarkBudget& budget, double images, double operations);

/// f32 values uniform in [-1, 1), named by (seed, index).
Tensor random_values(const Shape& shape, std::uint64_t seed, std::uint64_t index);

}  // namespace fovea
