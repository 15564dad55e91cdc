#include "benchmark_runs.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/version.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/nn/init.hpp"

namespace fovea {

namespace {

constexpr int kWarmUps = 2;
constexpr std::size_t kUsualRuns = 5, kFewestRuns = 3, kMostRuns = 100'000;

double seconds_of(const std::function<void()>& body) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void warm_up(const std::function<void()>& body, const BenchmarkBudget& budget) {
  double spent = 0;
  for (int i = 0; i < kWarmUps && spent <= budget.seconds; ++i) spent += seconds_of(body);
}

bool is_enough(std::size_t runs, double spent, const BenchmarkBudget& budget) {
  if (budget.repeat > 0) return runs >= static_cast<std::size_t>(budget.repeat);
  if (spent < budget.seconds) return runs >= kMostRuns;
  const bool are_long = spent > budget.seconds * static_cast<double>(runs);
  return runs >= (are_long ? kFewestRuns : kUsualRuns);
}

double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

double peak_resident_mib() {
  // Not getrusage() where it can be helped: ru_maxrss is handed on over exec, so that a small program would have the peak of its parent.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (constexpr std::string_view kPeak = "VmHWM:"; line.starts_with(kPeak)) return std::stod(line.substr(kPeak.size())) / 1024;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

BenchmarkResult benchmark_runs(const std::function<void()>& body, const BenchmarkBudget& budget, double images, double operations) {
  if (!(budget.seconds > 0 && budget.seconds <= 86'400))
    throw OptionError(fmt::format("a benchmark takes more than 0 and at most 86400 seconds, found {}", budget.seconds));
  if (budget.repeat < 0) throw OptionError(fmt::format("a benchmark repeats at least once, found {}", budget.repeat));
  warm_up(body, budget);
  std::vector<double> runs;
  double spent = 0;
  while (!is_enough(runs.size(), spent, budget)) {
    runs.push_back(seconds_of(body));
    spent += runs.back();
  }
  std::sort(runs.begin(), runs.end());
  const double typical = std::max(median(runs), 1e-9);  // a clock may stand still
  return {.runs = static_cast<std::int64_t>(runs.size()),
          .median_ms = typical * 1e3,
          .fastest_ms = runs.front() * 1e3,
          .images_per_s = images / typical,
          .gflops = operations / typical * 1e-9,
          .kernel = kernels::table().name,
          .peak_mib = peak_resident_mib()};
}

Tensor random_values(const Shape& shape, std::uint64_t seed, std::uint64_t index) {
  Tensor values = Tensor::empty(shape);
  RandomStream stream(seed, index);
  fill_uniform(values, -1, 1, stream);
  return values;
}

Json BenchmarkResult::to_json() const {
  Json json = parse_json(inputs, "benchmark");
  json.update({{"median_ms", median_ms},
               {"fastest_ms", fastest_ms},
               {"runs", runs},
               {"images_per_s", images_per_s},
               {"gflops", gflops},
               {"kernel", kernel},
               {"peak_mib", peak_mib},
               {"threads", kernels::Context::current().threads().count()},
               {"fovea_version", version()}});
  return json;
}

std::string BenchmarkResult::to_text() const {
  std::string text;
  const Json measured = parse_json(inputs, "benchmark");
  for (const auto& [key, value] : measured.items())
    text += fmt::format("{:<14} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  return text +
         fmt::format(
             "{:<14} {}\n\n{:<14} {:.3f} ms (fastest of {}: {:.3f} ms)\n{:<14} {:.2f}\n{:<14} {:.2f}\n{:<14} {}\n{:<14} {:.1f} MiB\n",
             "threads", kernels::Context::current().threads().count(), "median", median_ms, runs, fastest_ms, "images/s", images_per_s,
             "GFLOP/s", gflops, "kernel", kernel, "peak memory", peak_mib);
}

}  // namespace fovea
