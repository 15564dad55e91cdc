#include "fovea/training/update_monitor.hpp"

#include <cmath>
#include <utility>

#include "block_sums.hpp"
#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

/// Of one tensor, or of the difference of two.
double norm(const Tensor& tensor, const Tensor& subtracted = {}) {
  double squares = 0;
  dispatch_floating(tensor.dtype(), "update_monitor", [&]<class T>() {
    const T* const values = tensor.data<T>();
    const T* const others = subtracted.defined() ? subtracted.data<T>() : nullptr;
    squares = sum_of_blocks(tensor.numel(), [&](std::int64_t begin, std::int64_t end) {
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        const double value = static_cast<double>(values[i]) - (others != nullptr ? static_cast<double>(others[i]) : 0.0);
        sum += value * value;
      }
      return sum;
    });
  });
  return std::sqrt(squares);
}

}  // namespace

UpdateMonitor::UpdateMonitor(const std::vector<NamedParameter>& parameters) {
  for (const NamedParameter& parameter : parameters)
    if (parameter.variable.shape().rank() > 1) parameters_.push_back(parameter);
}

void UpdateMonitor::before_update() {
  before_.assign(parameters_.size(), {});
  gradient_norms_.assign(parameters_.size(), 0);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable& variable = parameters_[i].variable;
    if (!variable.grad().defined()) continue;
    before_[i] = variable.value().clone();
    gradient_norms_[i] = norm(variable.grad());
  }
}

std::vector<UpdateStatistics> UpdateMonitor::after_update() {
  if (before_.size() != parameters_.size()) throw Error("an update that nobody saw begin cannot be measured");
  std::vector<UpdateStatistics> list;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!before_[i].defined()) continue;
    list.push_back({.name = parameters_[i].name,
                    .gradient_norm = gradient_norms_[i],
                    .weight_norm = norm(before_[i]),
                    .update_norm = norm(parameters_[i].variable.value(), before_[i])});
  }
  before_.clear();
  return list;
}

}  // namespace fovea
