// Parameter updates: all parameters of a network in one pass over memory.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// g' = g + weight_decay * w;  v = momentum * v + (1 - dampening) * g' (first step: v = g');
/// w -= rate * (nesterov ? g' + momentum * v : v). With momentum 0 there is no v and w -= rate * g'.
struct SgdStep {
  double rate, momentum, dampening, weight_decay;
  bool nesterov, first;
};

/// w -= rate * weight_decay * w;  m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;
/// w -= rate * (m / correction1) / (sqrt(v / correction2) + epsilon), correction_i = 1 - beta_i^t.
/// Loshchilov and Hutter 2019, algorithm 2; epsilon outside the root.
struct AdamWStep {
  double rate, beta1, beta2, epsilon, weight_decay;
  double correction1, correction2;
};

/// One parameter with `count` elements and what happens to it.
template <class T>
struct SgdUpdate {
  std::int64_t count;
  const T* gradient;
  T* velocity;  ///< null with momentum 0
  T* weight;
  SgdStep step;
};

template <class T>
struct AdamWUpdate {
  std::int64_t count;
  const T* gradient;
  T *first_moment, *second_moment;
  T* weight;
  AdamWStep step;
};

/// The parameters are cut into blocks of a fixed size and updated in parallel, many small ones as one block: no two updates may share
/// memory that either writes. The result for an element does not depend on the other updates.
template <class T>
struct OptimizerKernels {
  void (*sgd)(Context&, std::int64_t updates, const SgdUpdate<T>*);
  void (*adamw)(Context&, std::int64_t updates, const AdamWUpdate<T>*);
};

}  // namespace fovea::kernels
