#include "fovea/nn/activation_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/parameter_owners.hpp"

namespace fovea {

namespace {

ActivationStatistics statistics_of(const Tensor& tensor, int bins) {
  const std::vector<double> values = tensor.to(DType::f64).to_vector<double>();
  ActivationStatistics s;
  s.shape = tensor.shape();
  s.histogram.assign(static_cast<std::size_t>(bins), 0);
  if (values.empty()) return s;
  const auto count = static_cast<double>(values.size());
  const std::size_t channels = tensor.rank() == 0 ? 1 : static_cast<std::size_t>(tensor.extent(-1));
  std::vector<bool> alive(channels, false);
  bool any = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    s.mean += value / count;
    s.zeros += value == 0 ? 1 / count : 0;
    if (value > 0) alive[i % channels] = true;
    if (!std::isfinite(value)) continue;
    s.minimum = any ? std::min(s.minimum, value) : value;
    s.maximum = any ? std::max(s.maximum, value) : value;
    any = true;
  }
  s.dead_channels = static_cast<double>(std::count(alive.begin(), alive.end(), false)) / static_cast<double>(channels);
  double variance = 0;
  const double width = s.maximum - s.minimum;
  for (const double value : values) {
    variance += (value - s.mean) * (value - s.mean) / count;
    if (!std::isfinite(value)) continue;
    const double place = width > 0 ? (value - s.minimum) / width * bins : 0;
    ++s.histogram[static_cast<std::size_t>(std::min(static_cast<double>(bins - 1), place))];
  }
  s.deviation = std::sqrt(variance);
  return s;
}

class StatisticsRecorder final : public Recorder {
 public:
  StatisticsRecorder(const Layer& network, int bins) : bins_(bins), owners_(network) {}

  // At once: the next operation may overwrite the memory.
  void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    for (const Variable& input : inputs)
      if (const std::string* const layer = owners_.find(input); layer != nullptr) layer_ = *layer;
    if (outputs.empty() || !is_floating(outputs.front().dtype())) return;
    ActivationStatistics s = statistics_of(outputs.front().value(), bins_);
    s.layer = layer_;
    s.operation = function.name();
    found.push_back(std::move(s));
  }

  std::vector<ActivationStatistics> found;

 private:
  int bins_;
  std::string layer_;
  ParameterOwners owners_;
};

}  // namespace

std::vector<ActivationStatistics> activation_statistics(Layer& network, const Variable& x, int bins) {
  if (bins < 1) throw OptionError(fmt::format("a histogram has at least 1 bin, found {}", bins));
  StatisticsRecorder recorder(network, bins);
  const NoGradGuard no_grad;
  const RecorderGuard guard(recorder);
  network.forward(x);
  return std::move(recorder.found);
}

}  // namespace fovea
