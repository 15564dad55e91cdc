// Work that a kernel does on its results before they leave the registers.
#pragma once

#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

/// The ReLU family: max(x, 0); x < 0 ? slope * x : x (Maas et al. 2013); min(max(x, 0), 6). NaN stays NaN.
enum class Activation : std::uint8_t { none, relu, leaky_relu, relu6 };

/// y = activation(sum * scale + bias + residual), in this order; scale and bias have one element per output channel or column (a folded
/// batch normalisation). All may be left out.
template <class T>
struct Epilogue {
  const WeightOf<T>* scale = nullptr;
  const WeightOf<T>* bias = nullptr;
  const T* residual = nullptr;  ///< laid out as y, with its pitch; not y itself
  Activation activation = Activation::none;
  float slope = 0;  ///< of leaky_relu
};

}  // namespace fovea::kernels
