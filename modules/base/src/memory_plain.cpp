// Host memory straight from operator new, for builds with sanitizers: they watch the bounds and the end of every block.
#include <algorithm>
#include <mutex>
#include <new>

#include "fovea/base/memory.hpp"

namespace fovea {

namespace {

constexpr std::align_val_t kAlignment{64};

std::mutex mutex;
MemoryStatistics statistics;

}  // namespace

void* allocate_host_memory(std::size_t bytes) {
  void* const memory = ::operator new(bytes, kAlignment);
  const std::lock_guard lock(mutex);
  ++statistics.system_requests;
  statistics.current += bytes;
  statistics.peak = std::max(statistics.peak, statistics.current);
  return memory;
}

void deallocate_host_memory(void* memory, std::size_t bytes) noexcept {
  ::operator delete(memory, kAlignment);
  const std::lock_guard lock(mutex);
  statistics.current -= bytes;
}

MemoryStatistics host_memory_statistics() {
  const std::lock_guard lock(mutex);
  return statistics;
}

void reset_host_memory_peak() {
  const std::lock_guard lock(mutex);
  statistics.peak = statistics.current;
}

void release_cached_host_memory() {}

}  // namespace fovea
