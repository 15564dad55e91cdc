// What is done to sums before they leave the registers.
#pragma once

#include "cpu/partial_vector.hpp"
#include "fovea/kernels/activation.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

FOVEA_SIMD_INLINE Vec activate(Vec v, Activation activation, float slope) {
  switch (activation) {
    case Activation::none:
      return v;
    case Activation::relu:
      return relu(v);
    case Activation::leaky_relu:
      return select_greater(zero(), v, mul(v, broadcast(slope)), v);
    case Activation::relu6:
      return select_greater(v, broadcast(6), broadcast(6), relu(v));
  }
  return v;
}

/// An Epilogue as a register tile sees it: its pointers moved to the tile's first column.
template <class T>
struct TileEpilogue {
  const float* scale = nullptr;
  const float* bias = nullptr;
  const T* residual = nullptr;
  const T* y = nullptr;  ///< where `residual` corresponds to
  Activation activation = Activation::none;
  float slope = 0;

  /// Of `sum` for the `count` columns from `column`, of the pixel whose results are at `pixel`.
  __attribute__((always_inline)) Vec finish(Vec sum, const T* pixel, std::int64_t column, std::int64_t count) const {
    if (scale != nullptr) sum = mul(sum, load_lanes(scale + column, count));
    if (bias != nullptr) sum = add(sum, load_lanes(bias + column, count));
    if (residual != nullptr) sum = add(sum, load_lanes(residual + (pixel - y) + column, count));
    return activate(sum, activation, slope);
  }
};

/// `y` is the result's first element, to which epilogue.residual corresponds.
template <class T>
FOVEA_SIMD_INLINE TileEpilogue<T> epilogue_of_columns(const Epilogue<T>& e, const T* y, std::int64_t column) {
  return {.scale = e.scale != nullptr ? e.scale + column : nullptr,
          .bias = e.bias != nullptr ? e.bias + column : nullptr,
          .residual = e.residual,
          .y = y,
          .activation = e.activation,
          .slope = e.slope};
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
