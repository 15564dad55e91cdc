// A pool of memory blocks that are kept when they are freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "fovea/base/memory.hpp"

namespace fovea {

/// Where a pool takes its memory from. Thread-safety is the pool's.
class PageSource {
 public:
  virtual ~PageSource() = default;
  /// `bytes` bytes (a multiple of 4 KiB), zeroed; aligned to 2 MiB when there are as many. Null when there is no more.
  virtual void* map(std::size_t bytes) = 0;
  virtual void unmap(void* pages, std::size_t bytes) noexcept = 0;
};

/// Anonymous pages of the system; from 2 MiB on with the advice to use huge ones, which makes 512 page faults one.
class SystemPages final : public PageSource {
 public:
  void* map(std::size_t bytes) override;
  void unmap(void* pages, std::size_t bytes) noexcept override;
};

/// Small blocks (up to kLargestSmall) come in classes an eighth of a power of two apart and are cut from slabs of 2 MiB. Large ones are
/// mappings of their own: a freed one serves the next request that leaves at most an eighth of it unused. What is kept is bounded: beyond
/// half of the most that was ever in use, and 64 MiB, the blocks that were freed longest ago go back. Thread-safe.
class MemoryPool {
 public:
  explicit MemoryPool(PageSource& source) : source_(source) {}
  /// Blocks that are still in use stay mapped.
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  static constexpr std::size_t kLargestSmall = std::size_t{256} << 10;

  /// At least `bytes` bytes, 64-byte aligned. When the source has no more, gives all that is kept back and asks again; std::bad_alloc.
  void* allocate(std::size_t bytes);
  /// `bytes` as it was asked for.
  void deallocate(void* memory, std::size_t bytes) noexcept;
  MemoryStatistics statistics() const;
  void reset_peak();
  void release_cached();

 private:
  struct Slab {
    std::size_t blocks_in_use = 0;
    std::size_t used = 0;  ///< bytes cut off so far
  };
  struct FreeBlock {
    std::byte* memory;
    std::uint64_t freed_at;
  };
  using FreeBlocks = std::multimap<std::size_t, FreeBlock>;  ///< by size

  void* allocate_small(std::size_t size);
  void* allocate_large(std::size_t bytes);
  void* map(std::size_t bytes);
  void unmap(FreeBlocks::iterator block);
  void trim(std::size_t wanted);
  void release_all();
  void count_in(std::size_t bytes);

  PageSource& source_;
  mutable std::mutex mutex_;
  MemoryStatistics statistics_;
  std::size_t high_water_ = 0;  ///< the largest `current` ever
  std::uint64_t clock_ = 0;
  std::map<std::size_t, std::vector<std::byte*>> small_free_;  ///< by size of the class
  std::unordered_map<std::byte*, Slab> slabs_;                 ///< by first byte, which is aligned to the slab's size
  std::byte* open_slab_ = nullptr;                             ///< the one that new small blocks are cut from
  FreeBlocks large_free_;
  std::unordered_map<void*, std::size_t> large_in_use_;
};

}  // namespace fovea
