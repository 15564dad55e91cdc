// The type of weights beside activations.
#pragma once

#include "fovea/base/bf16.hpp"

namespace fovea::kernels {

namespace detail {
template <class T>
struct Weight {
  using Type = T;
};
template <>
struct Weight<bf16> {
  using Type = float;
};
}  // namespace detail

/// Parameters, statistics, their gradients and the results of sums: float beside activations in bf16, else the activations' type.
template <class T>
using WeightOf = typename detail::Weight<T>::Type;

}  // namespace fovea::kernels
