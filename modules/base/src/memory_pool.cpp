#include "fovea/base/memory_pool.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace fovea {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
constexpr std::size_t kLargeStep = std::size_t{64} << 10;  ///< large blocks are multiples of it: neighbouring sizes serve each other
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

MemoryPool::~MemoryPool() { release_all(); }

void* MemoryPool::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  return bytes <= kLargestSmall ? allocate_small(small_class(bytes)) : allocate_large(bytes);
}

void MemoryPool::count_in(std::size_t bytes) {
  statistics_.current += bytes;
  statistics_.peak = std::max(statistics_.peak, statistics_.current);
  high_water_ = std::max(high_water_, statistics_.current);
}

void* MemoryPool::map(std::size_t bytes) {
  ++statistics_.system_requests;
  void* pages = source_.map(bytes);
  if (pages == nullptr) {
    release_all();
    pages = source_.map(bytes);
  }
  if (pages == nullptr) throw std::bad_alloc();
  return pages;
}

void* MemoryPool::allocate_small(std::size_t size) {
  std::vector<std::byte*>& free = small_free_[size];
  std::byte* memory = nullptr;
  if (!free.empty()) {
    memory = free.back();
    free.pop_back();
  } else {
    if (open_slab_ == nullptr || slabs_.at(open_slab_).used + size > kSlabBytes) {
      auto* slab = static_cast<std::byte*>(map(kSlabBytes));
      slabs_.try_emplace(slab);
      statistics_.cached += kSlabBytes;
      open_slab_ = slab;
    }
    Slab& slab = slabs_.at(open_slab_);
    memory = open_slab_ + slab.used;
    slab.used += size;
  }
  ++slabs_.at(slab_of(memory)).blocks_in_use;
  statistics_.cached -= size;
  count_in(size);
  return memory;
}

void* MemoryPool::allocate_large(std::size_t bytes) {
  if (bytes > kLargestRequest) throw std::bad_alloc();
  std::size_t size = round_up(bytes, kLargeStep);
  const auto found = large_free_.lower_bound(size);
  void* memory = nullptr;
  if (found != large_free_.end() && found->first - size <= size / 8) {
    size = found->first;
    memory = found->second.memory;
    large_free_.erase(found);
    statistics_.cached -= size;
  } else {
    trim(size);
    memory = map(size);
  }
  large_in_use_[memory] = size;
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
    --slabs_.at(slab_of(first)).blocks_in_use;
  } else {
    size = large_in_use_.at(memory);  // not in use: the program is broken, and ends
    large_in_use_.erase(memory);
    large_free_.insert({size, {first, clock_++}});
  }
  statistics_.current -= size;
  statistics_.cached += size;
}

void MemoryPool::unmap(FreeBlocks::iterator block) {
  statistics_.cached -= block->first;
  source_.unmap(block->second.memory, block->first);
  large_free_.erase(block);
}

/// Makes room for a new mapping of `wanted` bytes under the bound of what is kept.
void MemoryPool::trim(std::size_t wanted) {
  const std::size_t bound = kAlwaysKept + std::max(high_water_, statistics_.current + wanted) / 2;
  while (statistics_.cached > bound && !large_free_.empty())
    unmap(std::min_element(large_free_.begin(), large_free_.end(),
                           [](const auto& a, const auto& b) { return a.second.freed_at < b.second.freed_at; }));
}

void MemoryPool::release_all() {
  while (!large_free_.empty()) unmap(large_free_.begin());
  for (auto& [size, blocks] : small_free_)
    std::erase_if(blocks, [&](std::byte* block) { return slabs_.at(slab_of(block)).blocks_in_use == 0; });
  std::erase_if(slabs_, [&](const auto& slab) {
    if (slab.second.blocks_in_use > 0) return false;
    source_.unmap(slab.first, kSlabBytes);
    statistics_.cached -= kSlabBytes;
    if (open_slab_ == slab.first) open_slab_ = nullptr;
    return true;
  });
}

MemoryStatistics MemoryPool::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
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
