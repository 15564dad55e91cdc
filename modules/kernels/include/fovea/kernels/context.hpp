// What a kernel runs with: threads and scratch memory.
#pragma once

#include <cstddef>

#include "fovea/base/parallel.hpp"

namespace fovea::kernels {

/// One per concurrent call: its own task arena and its own workspace. Not to be used by two threads at once.
class Context {
 public:
  /// `threads` as in fovea::Threads: 0 means all that the process may use.
  explicit Context(int threads = 0);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Threads& threads() const { return threads_; }

  /// Scratch of at least `bytes` bytes, 64-byte aligned, uninitialised, valid until the next call of workspace().
  /// Comes from the host memory's pool (fovea/base/memory.hpp) and goes back there when a request is much smaller; the last one is kept.
  void* workspace(std::size_t bytes);

  /// The context that the calling thread's operations use: the innermost ContextGuard's, else one of the thread's own with all threads.
  static Context& current();

 private:
  friend class ContextGuard;
  Threads threads_;
  void* workspace_ = nullptr;
  std::size_t workspace_bytes_ = 0;
};

/// Makes `context` the calling thread's current one for the guard's lifetime. Guards nest.
class ContextGuard {
 public:
  explicit ContextGuard(Context& context);
  ~ContextGuard();
  ContextGuard(const ContextGuard&) = delete;
  ContextGuard& operator=(const ContextGuard&) = delete;

 private:
  Context* previous_;
};

}  // namespace fovea::kernels
