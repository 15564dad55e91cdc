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
struct TileEpilogue {
  const float* scale = nullptr;
  const float* bias = nullptr;
  const float* residual = nullptr;
  const float* y = nullptr;  ///< where `residual` corresponds to
  Activation activation = Activation::none;
  float slope = 0;

  /// Of `sum` for the `count` columns from `column`, of the pixel whose results are at `pixel`.
  __attribute__((always_inline)) Vec finish(Vec sum, const float* pixel, std::int64_t column, std::int64_t count) const {
    if (scale != nullptr) sum = mul(sum, load_lanes(scale + column, count));
    if (bias != nullptr) sum = add(sum, load_lanes(bias + column, count));
    if (residual != nullptr) sum = add(sum, load_lanes(residual + (pixel - y) + column, count));
    return activate(sum, activation, slope);
  }
};

/// `y` is the result's first element, to which epilogue.residual corresponds.
FOVEA_SIMD_INLINE TileEpilogue epilogue_of_columns(const Epilogue<float>& e, const float* y, std::int64_t column) {
  return {.scale = e.scale != nullptr ? e.scale + column : nullptr,
          .bias = e.bias != nullptr ? e.bias + column : nullptr,
          .residual = e.residual,
          .y = y,
          .activation = e.activation,
          .slope = e.slope};
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
