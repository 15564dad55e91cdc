// Group normalisation: one group of one sample at a time, sums in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fovea/kernels/group_norm.hpp"

namespace fovea::kernels::reference {

inline std::size_t group_norm_workspace_bytes(const GroupNormShape&) { return 0; }

/// Calls body(element, channel) for every element of a sample's group.
template <class Body>
void for_group(const GroupNormShape& s, std::int64_t n, std::int64_t group, Body body) {
  const std::int64_t width = s.channels / s.groups;
  for (std::int64_t pixel = 0; pixel < s.pixels; ++pixel)
    for (std::int64_t c = group * width; c < (group + 1) * width; ++c) body((n * s.pixels + pixel) * s.channels + c, c);
}

template <class T>
void group_norm_forward(Context&, const GroupNormShape& s, const T* x, const WeightOf<T>* gamma, const WeightOf<T>* beta, double epsilon,
                        WeightOf<T>* mean, WeightOf<T>* inverse_deviation, T* y, void*) {
  const double count = static_cast<double>(s.pixels * (s.channels / s.groups));
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t group = 0; group < s.groups; ++group) {
      double sum = 0, squares = 0;
      for_group(s, n, group, [&](std::int64_t i, std::int64_t) { sum += x[i]; });
      const double centre = sum / count;
      for_group(s, n, group, [&](std::int64_t i, std::int64_t) { squares += (x[i] - centre) * (x[i] - centre); });
      const double inverse = 1 / std::sqrt(squares / count + epsilon);
      mean[n * s.groups + group] = static_cast<WeightOf<T>>(centre);
      inverse_deviation[n * s.groups + group] = static_cast<WeightOf<T>>(inverse);
      for_group(s, n, group,
                [&](std::int64_t i, std::int64_t c) { y[i] = static_cast<T>((x[i] - centre) * inverse * gamma[c] + beta[c]); });
    }
}

/// With g = gamma dy: dx = inverse_deviation (g - mean of g - normalised x * mean of (g * normalised x)), the means over the group.
template <class T>
void group_norm_backward(Context&, const GroupNormShape& s, const T* x, const T* dy, const WeightOf<T>* mean,
                         const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, WeightOf<T>* dgamma, WeightOf<T>* dbeta,
                         void*) {
  const double count = static_cast<double>(s.pixels * (s.channels / s.groups));
  std::vector<double> gamma_sums(static_cast<std::size_t>(s.channels)), beta_sums(static_cast<std::size_t>(s.channels));
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t group = 0; group < s.groups; ++group) {
      const double centre = mean[n * s.groups + group], inverse = inverse_deviation[n * s.groups + group];
      double sum = 0, products = 0;
      for_group(s, n, group, [&](std::int64_t i, std::int64_t c) {
        const double normalized = (x[i] - centre) * inverse, gradient = dy[i];
        sum += gamma[c] * gradient;
        products += gamma[c] * gradient * normalized;
        gamma_sums[static_cast<std::size_t>(c)] += gradient * normalized;
        beta_sums[static_cast<std::size_t>(c)] += gradient;
      });
      for_group(s, n, group, [&](std::int64_t i, std::int64_t c) {
        const double normalized = (x[i] - centre) * inverse;
        dx[i] = static_cast<T>(inverse * (gamma[c] * static_cast<double>(dy[i]) - sum / count - normalized * products / count));
      });
    }
  for (std::int64_t c = 0; c < s.channels; ++c) {
    dgamma[c] = static_cast<WeightOf<T>>(gamma_sums[static_cast<std::size_t>(c)]);
    dbeta[c] = static_cast<WeightOf<T>>(beta_sums[static_cast<std::size_t>(c)]);
  }
}

}  // namespace fovea::kernels::reference
