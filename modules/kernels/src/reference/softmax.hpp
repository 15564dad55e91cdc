// Softmax and cross-entropy, row by row. Everything is computed in double and rounded once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fovea/kernels/softmax.hpp"

namespace fovea::kernels::reference {

template <class T>
double log_sum_exp(std::int64_t columns, const T* x) {
  const double maximum = *std::max_element(x, x + columns);
  double sum = 0;
  for (std::int64_t c = 0; c < columns; ++c) sum += std::exp(x[c] - maximum);
  return maximum + std::log(sum);
}

template <class T>
void softmax_forward(Context&, std::int64_t rows, std::int64_t columns, const T* x, T* y) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns, y += columns) {
    if (columns == 0) continue;
    const double maximum = *std::max_element(x, x + columns);
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += std::exp(x[c] - maximum);
    for (std::int64_t c = 0; c < columns; ++c) y[c] = static_cast<T>(std::exp(x[c] - maximum) / sum);
  }
}

template <class T>
void softmax_backward(Context&, std::int64_t rows, std::int64_t columns, const T* y, const T* dy, T* dx) {
  for (std::int64_t row = 0; row < rows; ++row, y += columns, dy += columns, dx += columns) {
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += static_cast<double>(dy[c]) * y[c];
    for (std::int64_t c = 0; c < columns; ++c) dx[c] = static_cast<T>(y[c] * (dy[c] - sum));
  }
}

template <class T>
double class_weight(const T* class_weights, std::int64_t c) {
  return class_weights == nullptr ? 1 : class_weights[c];
}

/// weight[c] * q[c], where q is the smoothed target distribution.
template <class T>
double weighted_target(const CrossEntropyShape& s, std::int64_t target, const T* class_weights, std::int64_t c) {
  const double q = s.label_smoothing / static_cast<double>(s.classes) + (c == target ? 1 - s.label_smoothing : 0);
  return class_weight(class_weights, c) * q;
}

template <class T>
void cross_entropy(Context&, const CrossEntropyShape& s, const T* logits, const std::int64_t* targets, const T* class_weights, T* loss,
                   T* normaliser, T* log_sum_exps) {
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T* x = logits + row * s.classes;
    const double normalizing = log_sum_exp(s.classes, x);
    log_sum_exps[row] = static_cast<T>(normalizing);
    loss[row] = normaliser[row] = T{0};
    if (targets[row] == s.ignore_index) continue;
    double total = 0;
    for (std::int64_t c = 0; c < s.classes; ++c) {
      const double share = weighted_target(s, targets[row], class_weights, c);
      if (share != 0) total += share * (normalizing - x[c]);  // a class without a share adds nothing, even at a logit of -infinity
    }
    loss[row] = static_cast<T>(total);
    normaliser[row] = static_cast<T>(class_weight(class_weights, targets[row]));
  }
}

template <class T>
void cross_entropy_backward(Context&, const CrossEntropyShape& s, const T* logits, const std::int64_t* targets, const T* class_weights,
                            const T* log_sum_exps, const T* row_scale, T* dlogits) {
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T* x = logits + row * s.classes;
    T* dx = dlogits + row * s.classes;
    if (targets[row] == s.ignore_index) {
      std::fill_n(dx, s.classes, T{0});
      continue;
    }
    double total_share = 0;
    for (std::int64_t c = 0; c < s.classes; ++c) total_share += weighted_target(s, targets[row], class_weights, c);
    for (std::int64_t c = 0; c < s.classes; ++c) {
      const double probability = std::exp(static_cast<double>(x[c]) - log_sum_exps[row]);
      dx[c] = static_cast<T>(row_scale[row] * (total_share * probability - weighted_target(s, targets[row], class_weights, c)));
    }
  }
}

}  // namespace fovea::kernels::reference
