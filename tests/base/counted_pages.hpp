// A source of pages that counts, refuses beyond a limit, and notices misuse.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <vector>

#include "fovea/base/page_ranges.hpp"

namespace fovea::test {

inline constexpr std::size_t kMiB = std::size_t{1} << 20;

class CountedPages final : public PageSource {
 public:
  /// At most `limit` bytes of memory; reservations of `reservation` bytes or what is asked for.
  explicit CountedPages(std::size_t limit = SIZE_MAX, std::size_t reservation = std::size_t{1} << 30)
      : limit_(limit), reservation_(reservation) {}
  ~CountedPages() override {
    for (const Addresses& addresses : reserved_) std::free(addresses.first);
  }

  Addresses reserve(std::size_t bytes) override {
    EXPECT_EQ(bytes % kHugePage, 0u);
    const std::size_t size = std::max(bytes, reservation_);
    if (size > (std::size_t{1} << 40)) return {};
    auto* const first = static_cast<std::byte*>(std::aligned_alloc(kHugePage, size));
    reserved_.push_back({first, size});
    return reserved_.back();
  }
  void unreserve(Addresses addresses) noexcept override {
    std::erase_if(reserved_, [&](const Addresses& a) { return a.first == addresses.first && a.bytes == addresses.bytes; });
    std::erase_if(committed_, [&](std::byte* page) { return page >= addresses.first && page < addresses.first + addresses.bytes; });
    in_use = committed_.size() * kHugePage;
    std::free(addresses.first);
  }
  bool commit(std::byte* pages, std::size_t bytes) override {
    if (bytes > limit_ || in_use > limit_ - bytes) return false;
    for_each_page(pages, bytes, [&](std::byte* page) { EXPECT_TRUE(committed_.insert(page).second) << "has memory already"; });
    most = std::max(most, in_use);
    return true;
  }
  void decommit(std::byte* pages, std::size_t bytes) noexcept override {
    for_each_page(pages, bytes, [&](std::byte* page) { EXPECT_EQ(committed_.erase(page), 1u) << "has no memory"; });
  }
  bool holds_nothing() const { return reserved_.empty() && committed_.empty(); }

  std::size_t in_use = 0, most = 0;

 private:
  template <class Body>
  void for_each_page(std::byte* pages, std::size_t bytes, Body body) {
    EXPECT_EQ(bytes % kHugePage, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages) % kHugePage, 0u);
    for (std::size_t i = 0; i < bytes; i += kHugePage) body(pages + i);
    in_use = committed_.size() * kHugePage;
  }

  std::size_t limit_, reservation_;
  std::vector<Addresses> reserved_;
  std::set<std::byte*> committed_;  // first bytes of huge pages
};

}  // namespace fovea::test
