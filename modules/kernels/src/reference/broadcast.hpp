// Broadcasting, one element at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/broadcast.hpp"

namespace fovea::kernels::reference {

/// Calls body(element of x, element of b) for all of x.
template <class Body>
void for_each_broadcast(const BroadcastShape& s, Body body) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t r = 0; r < s.rows; ++r)
      for (std::int64_t i = 0; i < s.inner; ++i) body((o * s.rows + r) * s.inner + i, o * s.inner + i);
}

template <class T>
void broadcast_add(Context&, const BroadcastShape& s, const T* x, const T* b, T* y) {
  for_each_broadcast(s, [&](std::int64_t large, std::int64_t small) { y[large] = static_cast<T>(x[large] + b[small]); });
}

template <class T>
void broadcast_multiply(Context&, const BroadcastShape& s, const T* x, const T* b, T* y) {
  for_each_broadcast(s, [&](std::int64_t large, std::int64_t small) { y[large] = static_cast<T>(x[large] * b[small]); });
}

inline std::size_t broadcast_sum_workspace_bytes(const BroadcastShape&) { return 0; }

template <class T>
void broadcast_sum(Context&, const BroadcastShape& s, const T* a, const T* b, T* y, void*) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) {
      double total = 0;
      for (std::int64_t r = 0; r < s.rows; ++r) {
        const std::int64_t element = (o * s.rows + r) * s.inner + i;
        total += b == nullptr ? static_cast<double>(a[element]) : static_cast<double>(a[element]) * static_cast<double>(b[element]);
      }
      y[o * s.inner + i] = static_cast<T>(total);
    }
}

}  // namespace fovea::kernels::reference
