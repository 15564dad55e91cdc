// Work that a kernel does on its results before they leave the registers.
#pragma once

#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

enum class Activation : std::uint8_t { none, relu };

/// y = activation(sum + bias), with one bias per output channel or column.
template <class T>
struct Epilogue {
  const WeightOf<T>* bias = nullptr;  ///< [k], or none
  Activation activation = Activation::none;
};

}  // namespace fovea::kernels
