// Elementwise operations, one element at a time.
#pragma once

#include <cstdint>

#include "fovea/base/random.hpp"
#include "fovea/kernels/elementwise.hpp"

namespace fovea::kernels::reference {

template <class T>
void add(Context&, std::int64_t count, const T* a, const T* b, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(a[i] + b[i]);
}

template <class T>
void subtract(Context&, std::int64_t count, const T* a, const T* b, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(a[i] - b[i]);
}

template <class T>
void multiply(Context&, std::int64_t count, const T* a, const T* b, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(a[i] * b[i]);
}

template <class T>
void affine(Context&, std::int64_t count, WeightOf<T> alpha, WeightOf<T> beta, const T* x, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(alpha * x[i] + beta);
}

template <class T>
void relu(Context&, std::int64_t count, const T* x, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? T{0} : x[i];  // false for NaN, which stays
}

template <class T>
void relu_backward(Context&, std::int64_t count, const T* y, const T* dy, T* dx) {
  for (std::int64_t i = 0; i < count; ++i) dx[i] = y[i] > 0 ? dy[i] : T{0};
}

template <class T>
void dropout(Context&, std::int64_t count, DropoutMask mask, WeightOf<T> scale, const T* x, T* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t block = static_cast<std::uint64_t>(i) / 4;
    const auto words =
        philox4x32({mask.key0, mask.key1}, {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0});
    y[i] = words[static_cast<std::size_t>(i % 4)] >= mask.threshold ? static_cast<T>(scale * x[i]) : T{0};
  }
}

}  // namespace fovea::kernels::reference
