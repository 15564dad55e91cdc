// Optimiser steps in the arithmetic of T, in the order of the formulas.
#pragma once

#include <algorithm>
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
    if (step.rate_in_velocity && step.momentum != 0) {
      velocity[i] = step.first ? -rate * g : momentum * velocity[i] - rate * g;
      weight[i] += step.nesterov ? momentum * velocity[i] - rate * g : velocity[i];
      continue;
    }
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

template <class T>
void adam(const AdamUpdate<T>& update) {
  const auto& [count, gradient, first_moment, second_moment, largest_moment, weight, step] = update;
  const T rate = static_cast<T>(step.rate), decay = static_cast<T>(step.weight_decay), epsilon = static_cast<T>(step.epsilon);
  const T beta1 = static_cast<T>(step.beta1), fresh1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), fresh2 = static_cast<T>(1 - step.beta2);
  const T correction1 = static_cast<T>(step.correction1), correction2 = static_cast<T>(step.correction2);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i] + decay * weight[i];
    first_moment[i] = beta1 * first_moment[i] + fresh1 * g;
    second_moment[i] = beta2 * second_moment[i] + fresh2 * g * g;
    T v = second_moment[i];
    if (largest_moment != nullptr) v = largest_moment[i] = std::max(largest_moment[i], v);
    const T deviation = step.epsilon_in_root ? std::sqrt(v / correction2 + epsilon) : std::sqrt(v / correction2) + epsilon;
    weight[i] -= rate * (first_moment[i] / correction1) / deviation;
  }
}

template <class T>
void adam(Context&, std::int64_t updates, const AdamUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) adam(update[i]);
}

template <class T>
void adagrad(const AdagradUpdate<T>& update) {
  const auto& [count, gradient, square_sum, weight, step] = update;
  const T rate = static_cast<T>(step.rate), decay = static_cast<T>(step.weight_decay), epsilon = static_cast<T>(step.epsilon);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i] + decay * weight[i];
    square_sum[i] += g * g;
    weight[i] -= rate * g / (std::sqrt(square_sum[i]) + epsilon);
  }
}

template <class T>
void adagrad(Context&, std::int64_t updates, const AdagradUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) adagrad(update[i]);
}

template <class T>
void rmsprop(const RmspropUpdate<T>& update) {
  const auto& [count, gradient, square_average, gradient_average, velocity, weight, step] = update;
  const T rate = static_cast<T>(step.rate), decay = static_cast<T>(step.weight_decay), epsilon = static_cast<T>(step.epsilon);
  const T alpha = static_cast<T>(step.alpha), fresh = static_cast<T>(1 - step.alpha), momentum = static_cast<T>(step.momentum);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i] + decay * weight[i];
    square_average[i] = alpha * square_average[i] + fresh * g * g;
    T variance = square_average[i];
    if (gradient_average != nullptr) {
      gradient_average[i] = alpha * gradient_average[i] + fresh * g;
      variance = std::max(variance - gradient_average[i] * gradient_average[i], T{0});
    }
    T direction = g / (std::sqrt(variance) + epsilon);
    if (velocity != nullptr) direction = velocity[i] = momentum * velocity[i] + direction;
    weight[i] -= rate * direction;
  }
}

template <class T>
void rmsprop(Context&, std::int64_t updates, const RmspropUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) rmsprop(update[i]);
}

template <class T>
void adadelta(const AdadeltaUpdate<T>& update) {
  const auto& [count, gradient, square_average, delta_average, weight, step] = update;
  const T rate = static_cast<T>(step.rate), decay = static_cast<T>(step.weight_decay), epsilon = static_cast<T>(step.epsilon);
  const T rho = static_cast<T>(step.rho), fresh = static_cast<T>(1 - step.rho);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i] + decay * weight[i];
    square_average[i] = rho * square_average[i] + fresh * g * g;
    const T delta = std::sqrt(delta_average[i] + epsilon) / std::sqrt(square_average[i] + epsilon) * g;
    delta_average[i] = rho * delta_average[i] + fresh * delta * delta;
    weight[i] -= rate * delta;
  }
}

template <class T>
void adadelta(Context&, std::int64_t updates, const AdadeltaUpdate<T>* update) {
  for (std::int64_t i = 0; i < updates; ++i) adadelta(update[i]);
}

}  // namespace fovea::kernels::reference
