// Host memory from a pool: every build but the sanitized ones (memory_plain.cpp).
#include "fovea/base/memory.hpp"
#include "fovea/base/memory_pool.hpp"

namespace fovea {

namespace {

/// Never destroyed: tensors with static lifetime may go later than it would.
MemoryPool& pool() {
  static MemoryPool& instance = *new MemoryPool(*new SystemPages);
  return instance;
}

}  // namespace

void* allocate_host_memory(std::size_t bytes) { return pool().allocate(bytes); }
void deallocate_host_memory(void* memory, std::size_t bytes) noexcept { pool().deallocate(memory, bytes); }
MemoryStatistics host_memory_statistics() { return pool().statistics(); }
void reset_host_memory_peak() { pool().reset_peak(); }
void release_cached_host_memory() { pool().release_cached(); }

}  // namespace fovea
