// A pool of memory blocks that are kept when they are freed.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "fovea/base/memory.hpp"
#include "fovea/base/page_ranges.hpp"

namespace fovea {

/// Small blocks (up to kLargestSmall) come in classes an eighth of a power of two apart and are cut from slabs of 2 MiB. Large ones are
/// ranges of pages, split and joined as they come and go (page_ranges.hpp). What is kept is bounded: whenever more memory is needed and
/// more is kept than half of the most that was ever in use, and 64 MiB, the largest free ranges go back. Thread-safe.
class MemoryPool {
 public:
  explicit MemoryPool(PageSource& source) : slab_pages_(source), large_(source) {}
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

  void* allocate_small(std::size_t size);
  std::byte* take(PageRanges& ranges, std::size_t bytes);
  void release_all();
  void count_in(std::size_t bytes);

  mutable std::mutex mutex_;
  MemoryStatistics statistics_;                                ///< all but `cached`
  std::size_t high_water_ = 0;                                 ///< the largest `current` ever
  std::map<std::size_t, std::vector<std::byte*>> small_free_;  ///< by size of the class
  std::unordered_map<std::byte*, Slab> slabs_;                 ///< by first byte, which is aligned to the slab's size
  std::byte* open_slab_ = nullptr;                             ///< the one that new small blocks are cut from
  PageRanges slab_pages_;                                      ///< of slabs alone, so that all of them are aligned
  PageRanges large_;
};

}  // namespace fovea
