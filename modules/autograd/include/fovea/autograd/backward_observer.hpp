// Seeing every gradient that a backward pass computes.
#pragma once

#include <span>

#include "fovea/autograd/function.hpp"

namespace fovea {

/// Sees every operation that runs backward on its thread: what a Recorder is for the way forward.
class BackwardObserver {
 public:
  virtual ~BackwardObserver() = default;
  /// After the function's backward(). A gradient that nobody wants is undefined.
  virtual void observe_backward(const Function& function, std::span<const Tensor> input_gradients) = 0;
};

/// Makes `observer` the thread's observer for the guard's lifetime.
class BackwardObserverGuard {
 public:
  explicit BackwardObserverGuard(BackwardObserver& observer);
  ~BackwardObserverGuard();
  BackwardObserverGuard(const BackwardObserverGuard&) = delete;
  BackwardObserverGuard& operator=(const BackwardObserverGuard&) = delete;

 private:
  BackwardObserver* previous_;
};

}  // namespace fovea
