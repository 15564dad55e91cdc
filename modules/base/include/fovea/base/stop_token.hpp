// Asking long work to end early.
#pragma once

#include <atomic>
#include <memory>

#include "fovea/base/error.hpp"

namespace fovea {

/// A request to stop that its copies share: one goes to whoever asks, the others to the work, which looks at it between its steps.
/// std::stop_token is not for signal handlers; this one is.
class StopToken {
 public:
  StopToken() : requested_(std::make_shared<std::atomic<bool>>(false)) {}

  /// From any thread, and from a signal handler.
  void request() const noexcept { requested_->store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_->load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not take locks");
  std::shared_ptr<std::atomic<bool>> requested_;
};

/// Work ended before it was done because its StopToken asked for it.
class Stopped : public Error {
 public:
  Stopped() : Error("stopped as requested") {}
};

}  // namespace fovea
