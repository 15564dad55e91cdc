#include <sys/mman.h>

#include <cstdint>

#include "fovea/base/memory_pool.hpp"

namespace fovea {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

void* map_anywhere(std::size_t bytes) {
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

}  // namespace

void* SystemPages::map(std::size_t bytes) {
  if (bytes < kHugePage) return map_anywhere(bytes);
  // The system aligns to small pages: take one huge page more and cut what sticks out.
  auto* const mapped = static_cast<std::byte*>(map_anywhere(bytes + kHugePage));
  if (mapped == nullptr) return nullptr;
  const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(mapped) % kHugePage) % kHugePage;
  std::byte* const pages = mapped + before;
  if (before > 0) ::munmap(mapped, before);
  ::munmap(pages + bytes, kHugePage - before);
  ::madvise(pages, bytes, MADV_HUGEPAGE);  // only advice: without huge pages everything works, more slowly
  return pages;
}

void SystemPages::unmap(void* pages, std::size_t bytes) noexcept { ::munmap(pages, bytes); }

}  // namespace fovea
