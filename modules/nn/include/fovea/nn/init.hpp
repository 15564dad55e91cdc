// First values of weights.
#pragma once

#include <cstdint>

#include "fovea/base/random.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Inputs and outputs of one unit: for a filter [K,R,S,C] R*S*C and R*S*K, for a matrix [O,I] I and O.
struct Fan {
  std::int64_t in, out;
};
/// Throws ShapeError unless the tensor has 2 or 4 axes.
Fan fan_of(const Shape& weight);

enum class FanMode : std::uint8_t { in, out };

/// All initialisers overwrite a floating tensor in place, element by element from the stream.
void fill_normal(Tensor& weight, double mean, double deviation, RandomStream& stream);
void fill_uniform(Tensor& weight, double low, double high, RandomStream& stream);

/// Glorot and Bengio 2010: variance gain^2 * 2 / (fan_in + fan_out).
void fill_xavier_normal(Tensor& weight, RandomStream& stream, double gain = 1);
void fill_xavier_uniform(Tensor& weight, RandomStream& stream, double gain = 1);

/// He et al. 2015: variance gain^2 / fan; the default gain, sqrt(2), is that of ReLU.
inline constexpr double kReluGain = 1.4142135623730951;
void fill_kaiming_normal(Tensor& weight, RandomStream& stream, FanMode mode = FanMode::in, double gain = kReluGain);
void fill_kaiming_uniform(Tensor& weight, RandomStream& stream, FanMode mode = FanMode::in, double gain = kReluGain);

}  // namespace fovea
