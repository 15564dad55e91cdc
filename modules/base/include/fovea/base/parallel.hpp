// Threads. The only place that knows the thread library.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace fovea {

/// A group of threads that work on one call at a time: a task arena of its own, so that concurrent calls do not run each other's work.
/// Work is cut by the caller into blocks that depend on the problem alone, never on the number of threads.
class Threads {
 public:
  /// `count` threads including the calling one, but no more than the process may use; 0 means that many. Throws OptionError when negative.
  explicit Threads(int count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// The threads that there really are.
  int count() const;

  /// Calls body(argument, block, slot) once for every block in [0, blocks), in any order, and returns when all are done. `slot` is in
  /// [0, count()), and no two calls that run at the same time have the same: it names scratch memory, never what is computed.
  /// The form for kernels compiled per instruction set: no template is shared with them.
  void run_blocks(std::int64_t blocks, void (*body)(void* argument, std::int64_t block, int slot), void* argument) const;

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

/// Calls body(block) for every block in [0, blocks) on `threads`. An exception of the body reaches the caller.
template <class Body>
void parallel_blocks(const Threads& threads, std::int64_t blocks, Body&& body) {
  threads.run_blocks(
      blocks, [](void* argument, std::int64_t block, int) { (*static_cast<std::remove_reference_t<Body>*>(argument))(block); }, &body);
}

/// The same with body(block, slot), for blocks that need scratch memory: one piece per slot.
template <class Body>
void parallel_slots(const Threads& threads, std::int64_t blocks, Body&& body) {
  threads.run_blocks(
      blocks, [](void* argument, std::int64_t block, int slot) { (*static_cast<std::remove_reference_t<Body>*>(argument))(block, slot); },
      &body);
}

/// Calls body(begin, end) over [0, count) in runs of at most `grain`; the runs depend only on count and grain.
template <class Body>
void parallel_for(const Threads& threads, std::int64_t count, std::int64_t grain, Body&& body) {
  const std::int64_t blocks = (count + grain - 1) / grain;
  parallel_blocks(threads, blocks, [&](std::int64_t block) {
    const std::int64_t begin = block * grain;
    body(begin, begin + grain < count ? begin + grain : count);
  });
}

}  // namespace fovea
