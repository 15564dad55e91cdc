#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdint>

#include "fovea/base/page_ranges.hpp"

namespace fovea {

namespace {

/// Addresses cost nothing, unless the process was given few (ulimit -v): then every reservation is as small as the request allows.
constexpr std::size_t kPlenty = std::size_t{256} << 30;

bool addresses_are_limited() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

PageSource::Addresses reserve_exactly(std::size_t bytes) {
  constexpr std::size_t kAlignment = PageSource::kHugePage;
  // The system aligns to small pages: take one huge page more and cut what sticks out.
  void* const mapped = ::mmap(nullptr, bytes + kAlignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return {};
  const std::size_t before = (kAlignment - reinterpret_cast<std::uintptr_t>(mapped) % kAlignment) % kAlignment;
  std::byte* const first = static_cast<std::byte*>(mapped) + before;
  if (before > 0) ::munmap(mapped, before);
  ::munmap(first + bytes, kAlignment - before);
  ::madvise(first, bytes, MADV_HUGEPAGE);  // only advice: without huge pages everything works, more slowly
  return {first, bytes};
}

}  // namespace

PageSource::Addresses SystemPages::reserve(std::size_t bytes) {
  if (bytes < kPlenty && !addresses_are_limited()) {
    const Addresses plenty = reserve_exactly(kPlenty);
    if (plenty.first != nullptr) return plenty;
  }
  return reserve_exactly(bytes);
}

void SystemPages::unreserve(Addresses addresses) noexcept { ::munmap(addresses.first, addresses.bytes); }

bool SystemPages::commit(std::byte* pages, std::size_t bytes) { return ::mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0; }

void SystemPages::decommit(std::byte* pages, std::size_t bytes) noexcept {
  ::madvise(pages, bytes, MADV_DONTNEED);
  ::mprotect(pages, bytes, PROT_NONE);
}

}  // namespace fovea
