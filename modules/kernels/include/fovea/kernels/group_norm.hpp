// Normalisation within a sample: group normalisation (Wu and He 2018), and with it layer normalisation (Ba et al. 2016: one pixel, one
// group) and instance normalisation (Ulyanov et al. 2016: a group per channel).
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

/// x [n, pixels, channels] dense; group g has the channels [g, g + 1) * channels / groups. pixels and channels are at least 1.
struct GroupNormShape {
  std::int64_t n, pixels, channels, groups;
};

template <class T>
struct GroupNormKernels {
  std::size_t (*workspace_bytes)(const GroupNormShape&);
  /// Over the pixels and channels of each sample's group: mean and variance (biased), inverse_deviation = 1 / sqrt(variance + epsilon),
  /// y = (x - mean) * inverse_deviation * gamma[c] + beta[c]. mean and inverse_deviation are [n, groups]. A sample's results do not
  /// depend on the others.
  void (*forward)(Context&, const GroupNormShape&, const T* x, const WeightOf<T>* gamma, const WeightOf<T>* beta, double epsilon,
                  WeightOf<T>* mean, WeightOf<T>* inverse_deviation, T* y, void* workspace);
  /// Gradients through the statistics: dx, and dgamma[c], dbeta[c] summed over samples and pixels; all overwritten. dx may be dy.
  void (*backward)(Context&, const GroupNormShape&, const T* x, const T* dy, const WeightOf<T>* mean, const WeightOf<T>* inverse_deviation,
                   const WeightOf<T>* gamma, T* dx, WeightOf<T>* dgamma, WeightOf<T>* dbeta, void* workspace);
};

}  // namespace fovea::kernels
