#include "fovea/training/anomaly.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <map>
#include <utility>

#include "fovea/autograd/backward_observer.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/nn/parameter_owners.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kElementsPerTask = 65536;

/// An exponent of nothing but ones: an infinity or no number. Integer arithmetic, which compilers turn into vectors.
bool any_not_finite(const float* values, std::int64_t count) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t any = 0;
  for (std::int64_t i = 0; i < count; ++i)
    any |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent);
  return any != 0;
}

bool any_not_finite(const double* values, std::int64_t count) {
  constexpr std::uint64_t kExponent = 0x7FF0000000000000;
  std::uint64_t any = 0;
  for (std::int64_t i = 0; i < count; ++i)
    any |= static_cast<std::uint64_t>((std::bit_cast<std::uint64_t>(values[i]) & kExponent) == kExponent);
  return any != 0;
}

bool any_not_finite(const bf16* values, std::int64_t count) {
  constexpr std::uint16_t kExponent = 0x7F80;
  bool any = false;
  for (std::int64_t i = 0; i < count; ++i) any = any || (std::bit_cast<std::uint16_t>(values[i]) & kExponent) == kExponent;
  return any;
}

std::vector<std::int64_t> rows_not_finite(const Tensor& tensor) {
  std::vector<std::int64_t> rows;
  if (tensor.rank() < 2) return rows;
  for (std::int64_t row = 0; row < tensor.extent(0); ++row)
    if (!is_finite(tensor.slice(row, row + 1))) rows.push_back(row);
  return rows;
}

}  // namespace

/// Looks at everything that a network computes, forward and back. Named, because AnomalyGuard::Watch is.
class AnomalyDetector final : public Recorder, public BackwardObserver {
 public:
  explicit AnomalyDetector(const Module& model) : owners_(model) {
    const_cast<Module&>(model).visit([this](const std::string& name, Module& part) { names_[&part] = name; });
    for (const NamedParameter& parameter : model.parameters()) parameters_[parameter.variable.value().raw_data()] = parameter.name;
  }

  void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    const std::string layer = layer_of_operation(inputs);
    layers_[&function] = layer;
    for (const Variable& output : outputs) {
      if (is_finite(output.value())) continue;
      Anomaly found{.operation = function.name(), .layer = layer};
      for (const Variable& input : inputs)
        if (const auto name = parameters_.find(input.value().raw_data()); name != parameters_.end() && !is_finite(input.value()))
          found.parameter = name->second;
      found.rows = rows_not_finite(output.value());
      found.all_rows = output.value().rank() > 0 ? output.value().extent(0) : 1;
      throw AnomalyError(std::move(found));
    }
  }

  void observe_backward(const Function& function, std::span<const Tensor> input_gradients) override {
    for (const Tensor& gradient : input_gradients)
      if (gradient.defined() && !is_finite(gradient))
        throw AnomalyError({.operation = function.name(), .layer = layers_[&function], .backward = true});
  }

 private:
  /// The layer whose parameters it reads, or the innermost one that runs.
  std::string layer_of_operation(std::span<const Variable> inputs) const {
    for (const Variable& input : inputs)
      if (const std::string* const owner = owners_.find(input); owner != nullptr) return *owner;
    const auto running = names_.find(RunningLayer::current());
    return running == names_.end() ? "" : running->second;
  }

  ParameterOwners owners_;
  std::map<const Module*, std::string> names_;
  std::map<const void*, std::string> parameters_;
  std::map<const Function*, std::string> layers_;  // an address may be used again: then for a later operation, which overwrites it
};

bool is_finite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) return true;
  std::atomic<bool> found = false;
  dispatch_activation(tensor.dtype(), "is_finite", [&]<class T>() {
    const T* const values = tensor.data<T>();
    parallel_for(kernels::Context::current().threads(), tensor.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
      if (any_not_finite(values + begin, end - begin)) found.store(true, std::memory_order_relaxed);
    });
  });
  return !found;
}

std::string Anomaly::describe() const {
  std::string text = fmt::format("[{}]{}, {}", operation, layer.empty() ? "" : fmt::format(" in layer \"{}\"", layer),
                                 backward ? "in its backward pass" : "in its forward pass");
  if (!parameter.empty()) text += fmt::format(", whose parameter \"{}\" is not finite already", parameter);
  return text;
}

std::vector<std::string> samples_of(const std::vector<std::string>& names, const Anomaly& anomaly) {
  if (anomaly.rows.empty() || anomaly.all_rows != static_cast<std::int64_t>(names.size())) return names;
  std::vector<std::string> chosen;
  for (const std::int64_t row : anomaly.rows) chosen.push_back(names[static_cast<std::size_t>(row)]);
  return chosen;
}

std::string describe_samples(const std::vector<std::string>& names, const Anomaly& anomaly) {
  if (names.empty()) return "";
  constexpr std::size_t kShown = 5;
  std::vector<std::string> chosen = samples_of(names, anomaly);
  const std::size_t count = chosen.size();
  chosen.resize(std::min(kShown, count));
  return fmt::format("\n  in {} of {} samples of the batch: {}{}", count, names.size(), fmt::join(chosen, ", "),
                     count > kShown ? fmt::format(" and {} more", count - kShown) : "");
}

struct AnomalyGuard::Watch {
  explicit Watch(const Module& model) : detector(model) {}
  AnomalyDetector detector;
  RecorderGuard forward{detector};
  BackwardObserverGuard backward{detector};
};

AnomalyGuard::AnomalyGuard(const Module& model) : watch_(std::make_unique<Watch>(model)) {}
AnomalyGuard::~AnomalyGuard() = default;

std::optional<Anomaly> find_anomaly(const Module& model, const std::function<Variable()>& loss) {
  const AnomalyGuard watching(model);
  try {
    const Variable value = loss();
    if (value.defined()) backward(value);
    return std::nullopt;
  } catch (const AnomalyError& found) {
    return found.anomaly();
  }
}

}  // namespace fovea
