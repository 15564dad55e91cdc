// Host memory: where tensors and kernels' scratch take it from, and how much of it is in use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fovea {

struct MemoryStatistics {
  std::size_t current = 0;            ///< bytes of the blocks in use, as large as they really are
  std::size_t peak = 0;               ///< the largest `current` since the start or the last reset
  std::size_t cached = 0;             ///< bytes that nobody uses and that are kept for the next request
  std::uint64_t system_requests = 0;  ///< how often the system was asked for more: stands still once a training has settled
};

/// At least `bytes` bytes, 64-byte aligned, uninitialised. Freed blocks are kept and used again, because fresh pages cost more than
/// the work that is done on them. Thread-safe. Throws std::bad_alloc when the system has no more even after the kept blocks are gone.
/// Under the sanitizers every block comes from the system and goes back to it, so that they see each block's bounds and its end.
void* allocate_host_memory(std::size_t bytes);
/// `bytes` as it was asked for.
void deallocate_host_memory(void* memory, std::size_t bytes) noexcept;

MemoryStatistics host_memory_statistics();
/// Sets the peak to what is in use now.
void reset_host_memory_peak();
/// Gives everything that nobody uses back to the system.
void release_cached_host_memory();

}  // namespace fovea
