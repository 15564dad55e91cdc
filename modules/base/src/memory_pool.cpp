#include "fovea/base/memory_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>

namespace fovea {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
constexpr std::size_t kAlwaysKept = std::size_t{64} << 20;
constexpr std::size_t kLargestRequest = std::size_t{1} << 62;

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

/// The class of a small size: a power of two and up to seven eighths more, in whole cache lines.
std::size_t small_class(std::size_t bytes) {
  const std::size_t at_least = std::max<std::size_t>(bytes, 1);
  return round_up(at_least, std::max(kLine, std::bit_floor(at_least) / 8));
}

std::byte* slab_of(std::byte* memory) { return memory - reinterpret_cast<std::uintptr_t>(memory) % kSlabBytes; }

}  // namespace

void* MemoryPool::allocate(std::size_t bytes) {
  if (bytes > kLargestRequest) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  if (bytes <= kLargestSmall) return allocate_small(small_class(bytes));
  const std::size_t size = round_up(bytes, PageRanges::kPage);
  void* const memory = take(large_, size);
  count_in(size);
  return memory;
}

void MemoryPool::count_in(std::size_t bytes) {
  statistics_.current += bytes;
  statistics_.peak = std::max(statistics_.peak, statistics_.current);
  high_water_ = std::max(high_water_, statistics_.current);
}

std::byte* MemoryPool::take(PageRanges& ranges, std::size_t bytes) {
  if (std::byte* const kept = ranges.take(bytes)) return kept;
  const std::size_t bound = kAlwaysKept + std::max(high_water_, statistics_.current + bytes) / 2;
  if (large_.free() > bound) large_.discard(large_.free() - bound);
  ++statistics_.system_requests;
  std::byte* memory = ranges.grow(bytes);
  if (memory == nullptr) {
    release_all();
    memory = ranges.grow(bytes);
  }
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* MemoryPool::allocate_small(std::size_t size) {
  std::vector<std::byte*>& free = small_free_[size];
  std::byte* memory = nullptr;
  if (!free.empty()) {
    memory = free.back();
    free.pop_back();
  } else {
    if (open_slab_ == nullptr || slabs_.at(open_slab_).used + size > kSlabBytes) {
      std::byte* const slab = take(slab_pages_, kSlabBytes);
      slabs_.try_emplace(slab);
      open_slab_ = slab;
    }
    Slab& slab = slabs_.at(open_slab_);
    memory = open_slab_ + slab.used;
    slab.used += size;
  }
  ++slabs_.at(slab_of(memory)).blocks_in_use;
  count_in(size);
  return memory;
}

void MemoryPool::deallocate(void* memory, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  auto* const first = static_cast<std::byte*>(memory);
  std::size_t size = 0;
  if (bytes <= kLargestSmall) {
    size = small_class(bytes);
    small_free_[size].push_back(first);
    --slabs_.at(slab_of(first)).blocks_in_use;  // not in a slab: the program is broken, and ends
  } else {
    size = round_up(bytes, PageRanges::kPage);
    large_.give(first, size);
  }
  statistics_.current -= size;
}

void MemoryPool::release_all() {
  for (auto& [size, blocks] : small_free_)
    std::erase_if(blocks, [&](std::byte* block) { return slabs_.at(slab_of(block)).blocks_in_use == 0; });
  std::erase_if(slabs_, [&](const auto& slab) {
    if (slab.second.blocks_in_use > 0) return false;
    slab_pages_.give(slab.first, kSlabBytes);
    if (open_slab_ == slab.first) open_slab_ = nullptr;
    return true;
  });
  slab_pages_.discard(SIZE_MAX);
  large_.discard(SIZE_MAX);
}

MemoryStatistics MemoryPool::statistics() const {
  const std::lock_guard lock(mutex_);
  MemoryStatistics statistics = statistics_;
  statistics.cached = slab_pages_.committed() + large_.committed() - statistics.current;
  return statistics;
}

void MemoryPool::reset_peak() {
  const std::lock_guard lock(mutex_);
  statistics_.peak = statistics_.current;
}

void MemoryPool::release_cached() {
  const std::lock_guard lock(mutex_);
  release_all();
}

}  // namespace fovea
