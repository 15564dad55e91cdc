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
void fill_constant(Tensor& weight, double value);
void fill_normal(Tensor& weight, double mean, double deviation, RandomStream& stream);
void fill_uniform(Tensor& weight, double low, double high, RandomStream& stream);

/// Normal numbers, drawn again while they are outside [low, high]. Throws OptionError when fewer than one in a hundred would be inside.
void fill_truncated_normal(Tensor& weight, double mean, double deviation, double low, double high, RandomStream& stream);

/// The weight seen as a matrix, its first axis against the others, times `gain` has orthonormal rows, or orthonormal columns when there are
/// more rows than columns; evenly distributed among these. Saxe, McClelland and Ganguli 2014, section 3. Throws ShapeError unless the
/// weight has two axes or more.
void fill_orthogonal(Tensor& weight, RandomStream& stream, double gain = 1);

/// The filter [C,R,S,K/groups] of a transposed convolution that enlarges by linear interpolation: for a factor f of 2 f - f % 2 cells,
/// stride f and padding ceil((f - 1) / 2). Channel c goes to channel c alone; with K/groups = 1 all channels do. Long, Shelhamer and
/// Darrell 2015, section 3.3. Throws ShapeError unless the filter has four axes, and C = K/groups or K/groups = 1.
void fill_bilinear(Tensor& filter);

/// Glorot and Bengio 2010: variance gain^2 * 2 / (fan_in + fan_out).
void fill_xavier_normal(Tensor& weight, RandomStream& stream, double gain = 1);
void fill_xavier_uniform(Tensor& weight, RandomStream& stream, double gain = 1);

/// He et al. 2015: variance gain^2 / fan; the default gain, sqrt(2), is that of ReLU.
inline constexpr double kReluGain = 1.4142135623730951;
void fill_kaiming_normal(Tensor& weight, RandomStream& stream, FanMode mode = FanMode::in, double gain = kReluGain);
void fill_kaiming_uniform(Tensor& weight, RandomStream& stream, FanMode mode = FanMode::in, double gain = kReluGain);

}  // namespace fovea
