// Optimiser steps in the arithmetic of T, in the order of the formulas.
#pragma once

#include <cmath>
#include <cstdint>

#include "fovea/kernels/optimizer.hpp"

namespace fovea::kernels::reference {

template <class T>
void sgd(const SgdUpdate<T>& update) {
  const auto& [count, gradient, velocity, weight, step] = update;
  const T rate = static_cast<T>(step.rate), momentum = static_cast<T>(step.momentum), decay = static_cast<T>(step.weight_decay);
  const T fresh = static_cast<T>(1 - step.dampening);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i] + decay * weight[i];
    T direction = g;
    if (step.momentum != 0) {
      velocity[i] = step.first ? g : momentum * velocity[i] + fresh * g;
      direction = step.nesterov ? g + momentum * velocity[i] : velocity[i];
    }
    weight[i] -= rate * direction;
  }
}

template <class T>
void sgd(Context&, std::int64_t updates, const SgdUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) sgd(update[i]);
}

template <class T>
void adamw(const AdamWUpdate<T>& update) {
  const auto& [count, gradient, first_moment, second_moment, weight, step] = update;
  const T rate = static_cast<T>(step.rate), rate_decay = static_cast<T>(step.rate * step.weight_decay);
  const T beta1 = static_cast<T>(step.beta1), fresh1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), fresh2 = static_cast<T>(1 - step.beta2);
  const T correction1 = static_cast<T>(step.correction1), correction2 = static_cast<T>(step.correction2);
  const T epsilon = static_cast<T>(step.epsilon);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i];
    weight[i] -= rate_decay * weight[i];
    first_moment[i] = beta1 * first_moment[i] + fresh1 * g;
    second_moment[i] = beta2 * second_moment[i] + fresh2 * g * g;
    weight[i] -= rate * (first_moment[i] / correction1) / (std::sqrt(second_moment[i] / correction2) + epsilon);
  }
}

template <class T>
void adamw(Context&, std::int64_t updates, const AdamWUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) adamw(update[i]);
}

}  // namespace fovea::kernels::reference
