#include "fovea/training/weight_average.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kElementsPerTask = 32768;

/// body(average, weight) for all elements.
template <class Body>
void for_pairs(Tensor average, Tensor weight, Body body) {
  dispatch_floating(weight.dtype(), "weight_average", [&]<class T>() {
    T *const averages = average.mutable_data<T>(), *const weights = weight.mutable_data<T>();
    parallel_for(kernels::Context::current().threads(), weight.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) body(averages[i], weights[i]);
    });
  });
}

}  // namespace

WeightAverage::WeightAverage(std::vector<NamedParameter> parameters, const WeightAverageOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  if (!(options.decay >= 0 && options.decay < 1))
    throw OptionError(fmt::format("the decay of averaged weights is in [0, 1), found {}", options.decay));
  for (const NamedParameter& parameter : parameters_) averages_.push_back(parameter.variable.value().clone());
}

void WeightAverage::update() {
  if (swapped_) throw Error("averaged weights cannot be updated while they are in the network");
  const auto t = static_cast<double>(++updates_);
  double fresh = 1 / t;
  if (options_.kind == WeightAverageOptions::Kind::exponential)
    fresh = 1 - (options_.ramp ? std::min(options_.decay, t / (9 + t)) : options_.decay);
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    for_pairs(averages_[i], parameters_[i].variable.value(),
              [fresh]<class T>(T& average, T weight) { average += static_cast<T>(fresh) * (weight - average); });
}

void WeightAverage::visit_state(StateArchive archive) {
  if (swapped_) throw Error("averaged weights cannot be saved or loaded while they are in the network");
  archive.value("updates", updates_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) archive.tensor(parameters_[i].name, averages_[i]);
}

void WeightAverage::swap() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    for_pairs(averages_[i], parameters_[i].variable.value(), [](auto& average, auto& weight) { std::swap(average, weight); });
    parameters_[i].variable.value().storage().bump_version("weight_average");
  }
  swapped_ = !swapped_;
}

AveragedWeightsGuard::AveragedWeightsGuard(WeightAverage& average) : average_(average) {
  if (average.swapped_) throw Error("the averaged weights are in the network already");
  average.swap();
}

AveragedWeightsGuard::~AveragedWeightsGuard() { average_.swap(); }

}  // namespace fovea
