// Parameter updates: all parameters of a network in one pass over memory.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// g' = g + weight_decay * w;  v = momentum * v + (1 - dampening) * g' (first step: v = g');
/// w -= rate * (nesterov ? g' + momentum * v : v). With momentum 0 there is no v and w -= rate * g'.
/// With `rate_in_velocity`, which wants no dampening: v = momentum * v - rate * g' (first step: v = -rate * g');
/// w += (nesterov ? momentum * v - rate * g' : v). The same path as long as the rate stays.
struct SgdStep {
  double rate, momentum, dampening, weight_decay;
  bool nesterov, first;
  bool rate_in_velocity = false;
};

/// w -= rate * weight_decay * w;  m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;
/// w -= rate * (m / correction1) / (sqrt(v / correction2) + epsilon), correction_i = 1 - beta_i^t.
/// Loshchilov and Hutter 2019, algorithm 2; epsilon outside the root.
struct AdamWStep {
  double rate, beta1, beta2, epsilon, weight_decay;
  double correction1, correction2;
};

/// g' = g + weight_decay * w;  m = beta1 m + (1-beta1) g';  v = beta2 v + (1-beta2) g'^2;  with a largest moment u: u = max(u, v), and u
/// stands for v below;  w -= rate * (m / correction1) / d with d = sqrt(v / correction2) + epsilon, or sqrt(v / correction2 + epsilon) with
/// `epsilon_in_root`. Kingma and Ba 2015, algorithm 1; the largest moment is Reddi, Kale and Kumar 2018, algorithm 2 (AMSGrad).
struct AdamStep {
  double rate, beta1, beta2, epsilon, weight_decay;
  double correction1, correction2;
  bool epsilon_in_root = false;
};

/// g' = g + weight_decay * w;  s = s + g'^2;  w -= rate * g' / (sqrt(s) + epsilon). Duchi, Hazan and Singer 2011, figure 1 (diagonal).
struct AdagradStep {
  double rate, epsilon, weight_decay;
};

/// g' = g + weight_decay * w;  s = alpha s + (1-alpha) g'^2;  with an average gradient a: a = alpha a + (1-alpha) g' and
/// d = sqrt(max(s - a^2, 0)) + epsilon, else d = sqrt(s) + epsilon;  without momentum w -= rate * g' / d, with it
/// v = momentum * v + g' / d;  w -= rate * v. Tieleman and Hinton 2012, lecture 6e; centred: Graves 2013, section 4.2.
struct RmspropStep {
  double rate, alpha, epsilon, momentum, weight_decay;
};

/// g' = g + weight_decay * w;  s = rho s + (1-rho) g'^2;  d = sqrt(u + epsilon) / sqrt(s + epsilon) * g';  u = rho u + (1-rho) d^2;
/// w -= rate * d. Zeiler 2012, algorithm 1.
struct AdadeltaStep {
  double rate, rho, epsilon, weight_decay;
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

template <class T>
struct AdamUpdate {
  std::int64_t count;
  const T* gradient;
  T *first_moment, *second_moment;
  T* largest_moment;  ///< u, or null
  T* weight;
  AdamStep step;
};

template <class T>
struct AdagradUpdate {
  std::int64_t count;
  const T* gradient;
  T* square_sum;  ///< s
  T* weight;
  AdagradStep step;
};

template <class T>
struct RmspropUpdate {
  std::int64_t count;
  const T* gradient;
  T* square_average;    ///< s
  T* gradient_average;  ///< a, or null
  T* velocity;          ///< v; null with momentum 0
  T* weight;
  RmspropStep step;
};

template <class T>
struct AdadeltaUpdate {
  std::int64_t count;
  const T* gradient;
  T *square_average, *delta_average;  ///< s and u
  T* weight;
  AdadeltaStep step;
};

/// The parameters are cut into blocks of a fixed size and updated in parallel, many small ones as one block: no two updates may share
/// memory that either writes. The result for an element does not depend on the other updates.
template <class T>
struct OptimizerKernels {
  void (*sgd)(Context&, std::int64_t updates, const SgdUpdate<T>*);
  void (*adamw)(Context&, std::int64_t updates, const AdamWUpdate<T>*);
  void (*adam)(Context&, std::int64_t updates, const AdamUpdate<T>*);
  void (*adagrad)(Context&, std::int64_t updates, const AdagradUpdate<T>*);
  void (*rmsprop)(Context&, std::int64_t updates, const RmspropUpdate<T>*);
  void (*adadelta)(Context&, std::int64_t updates, const AdadeltaUpdate<T>*);
};

}  // namespace fovea::kernels
