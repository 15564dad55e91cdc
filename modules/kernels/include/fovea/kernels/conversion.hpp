// Copies of dense arrays in another floating type, rounded to nearest even.
#pragma once

#include <cstdint>

#include "fovea/base/bf16.hpp"

namespace fovea::kernels {

class Context;

/// y[i] = x[i]. A NaN stays one; in bf16 it keeps its sign and upper payload bits and is quiet.
template <class From, class To>
using Conversion = void (*)(Context&, std::int64_t count, const From* x, To* y);

struct ConversionKernels {
  Conversion<float, bf16> f32_to_bf16;
  Conversion<bf16, float> bf16_to_f32;
  Conversion<double, bf16> f64_to_bf16;
  Conversion<bf16, double> bf16_to_f64;
  Conversion<float, double> f32_to_f64;
  Conversion<double, float> f64_to_f32;

  /// The slot of a pair of types.
  template <class From, class To>
  Conversion<From, To> of() const;
};
template <>
inline Conversion<float, bf16> ConversionKernels::of() const {
  return f32_to_bf16;
}
template <>
inline Conversion<bf16, float> ConversionKernels::of() const {
  return bf16_to_f32;
}
template <>
inline Conversion<double, bf16> ConversionKernels::of() const {
  return f64_to_bf16;
}
template <>
inline Conversion<bf16, double> ConversionKernels::of() const {
  return bf16_to_f64;
}
template <>
inline Conversion<float, double> ConversionKernels::of() const {
  return f32_to_f64;
}
template <>
inline Conversion<double, float> ConversionKernels::of() const {
  return f64_to_f32;
}

}  // namespace fovea::kernels
