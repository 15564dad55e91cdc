#include "fovea/base/memory_pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "counted_pages.hpp"
#include "fovea/base/memory.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using test::CountedPages;
using test::kMiB;

TEST(MemoryPool, BlocksAreAlignedAndApart) {
  CountedPages pages;
  MemoryPool pool(pages);
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (const std::size_t bytes : {0UL, 1UL, 63UL, 64UL, 65UL, 500UL, 513UL, 4097UL, 100000UL, 262143UL, 262144UL, 262145UL, 3 * kMiB + 1})
    for (int i = 0; i < 3; ++i) {
      auto* const memory = static_cast<unsigned char*>(pool.allocate(bytes));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u) << bytes;
      std::memset(memory, static_cast<int>(blocks.size()), bytes);
      blocks.emplace_back(memory, bytes);
    }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (std::size_t k = 0; k < blocks[i].second; ++k) ASSERT_EQ(blocks[i].first[k], static_cast<unsigned char>(i));
    pool.deallocate(blocks[i].first, blocks[i].second);
  }
  EXPECT_EQ(pool.statistics().current, 0u);
}

TEST(MemoryPool, ASettledSequenceAsksTheSystemForNothing) {
  CountedPages pages;
  MemoryPool pool(pages);
  const std::size_t sizes[] = {100, 7 * kMiB, 5000, 300000, 7 * kMiB, 2 * kMiB, 65, 20 * kMiB};
  const auto step = [&] {
    std::vector<void*> blocks;
    for (const std::size_t bytes : sizes) blocks.push_back(pool.allocate(bytes));
    for (std::size_t i = 0; i < blocks.size(); ++i) pool.deallocate(blocks[i], sizes[i]);
  };
  step();
  const MemoryStatistics first = pool.statistics();
  EXPECT_GT(first.system_requests, 0u);
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(pool.statistics().system_requests, first.system_requests);
  EXPECT_EQ(pool.statistics().peak, first.peak);
  EXPECT_EQ(pool.statistics().cached, pages.in_use);
}

/// The forward pass of a network whose images shrink, and its backward pass: what the last layers free serves the first ones.
TEST(MemoryPool, MapsLittleMoreThanIsInUseAtOnce) {
  CountedPages pages;
  MemoryPool pool(pages);
  for (int step = 0; step < 3; ++step) {
    std::vector<std::pair<void*, std::size_t>> saved;
    for (std::size_t layer = 0; layer < 40; ++layer) {
      const std::size_t bytes = (20 * kMiB >> (layer / 10)) + layer * 4096;
      saved.emplace_back(pool.allocate(bytes), bytes);
      void* const scratch = pool.allocate(bytes / 3 + 400000);
      pool.deallocate(scratch, bytes / 3 + 400000);
    }
    for (std::size_t layer = 40; layer-- > 0;) {
      void* const gradient = pool.allocate(saved[layer].second);
      pool.deallocate(saved[layer].first, saved[layer].second);
      pool.deallocate(gradient, saved[layer].second);
    }
  }
  EXPECT_EQ(pool.statistics().current, 0u);
  EXPECT_LT(pages.most, pool.statistics().peak * 103 / 100);
}

TEST(MemoryPool, CountsWhatIsInUseAndItsPeak) {
  CountedPages pages;
  MemoryPool pool(pages);
  void* const a = pool.allocate(4 * kMiB);
  void* const b = pool.allocate(1000);
  EXPECT_EQ(pool.statistics().current, 4 * kMiB + 1024);
  pool.deallocate(a, 4 * kMiB);
  EXPECT_EQ(pool.statistics().current, 1024u);
  EXPECT_EQ(pool.statistics().peak, 4 * kMiB + 1024);
  pool.reset_peak();
  EXPECT_EQ(pool.statistics().peak, 1024u);
  EXPECT_EQ(pool.statistics().current + pool.statistics().cached, pages.in_use);
  pool.deallocate(b, 1000);
}

TEST(MemoryPool, ReleaseGivesBackWhatNobodyUses) {
  CountedPages pages;
  MemoryPool pool(pages);
  void* const large = pool.allocate(8 * kMiB);
  void* const small = pool.allocate(100);
  void* const other = pool.allocate(100);
  std::memset(small, 3, 100);
  pool.deallocate(large, 8 * kMiB);
  pool.deallocate(other, 100);
  pool.release_cached();
  EXPECT_EQ(pages.in_use, 2 * kMiB) << "the slab with a block in use stays";
  EXPECT_EQ(static_cast<unsigned char*>(small)[99], 3);
  EXPECT_EQ(pool.allocate(100), other) << "and its free blocks serve on";
  pool.deallocate(other, 100);
  pool.deallocate(small, 100);
  pool.release_cached();
  EXPECT_EQ(pages.in_use, 0u);
  EXPECT_EQ(pool.statistics().cached, 0u);
  void* const again = pool.allocate(100);  // from a new slab
  pool.deallocate(again, 100);
}

TEST(MemoryPool, GivesUpWhatItKeepsBeforeItFails) {
  CountedPages pages(40 * kMiB);
  MemoryPool pool(pages);
  void* const low = pool.allocate(18 * kMiB);
  void* const middle = pool.allocate(4 * kMiB);
  void* const high = pool.allocate(18 * kMiB);
  pool.deallocate(low, 18 * kMiB);
  pool.deallocate(high, 18 * kMiB);
  void* const block = pool.allocate(20 * kMiB);  // fits on neither side
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(pages.in_use, 24 * kMiB);
  EXPECT_THROW(pool.allocate(21 * kMiB), std::bad_alloc);
  EXPECT_THROW(pool.allocate(SIZE_MAX), std::bad_alloc);
  EXPECT_EQ(pool.statistics().current, 24 * kMiB);
  void* const fits = pool.allocate(16 * kMiB);  // the pool still works
  pool.deallocate(fits, 16 * kMiB);
  pool.deallocate(middle, 4 * kMiB);
  pool.deallocate(block, 20 * kMiB);
}

TEST(MemoryPool, ImagesOfEverOtherSizesShareTheirMemory) {
  CountedPages pages;
  MemoryPool pool(pages);
  for (std::size_t i = 0; i < 100; ++i) {  // a block of its own for each would be 13 GiB in all
    const std::size_t bytes = (i % 2 == 0 ? 60 + i : 200 - i) * kMiB;
    pool.deallocate(pool.allocate(bytes), bytes);
  }
  EXPECT_EQ(pages.most, 200 * kMiB);
}

TEST(MemoryPool, WhatIsKeptIsBounded) {
  CountedPages pages;
  MemoryPool pool(pages);
  std::vector<void*> dropped, kept;
  for (int i = 0; i < 50; ++i) {
    dropped.push_back(pool.allocate(6 * kMiB));
    kept.push_back(pool.allocate(2 * kMiB));
  }
  for (void* const block : dropped) pool.deallocate(block, 6 * kMiB);
  EXPECT_EQ(pool.statistics().cached, 300 * kMiB) << "nothing goes while nothing is missing";
  void* const larger = pool.allocate(8 * kMiB);  // fits into none of the gaps
  EXPECT_LE(pool.statistics().cached, (64 + 400 / 2) * kMiB);
  EXPECT_GT(pool.statistics().cached, (64 + 400 / 2 - 8) * kMiB);
  EXPECT_EQ(pool.statistics().current + pool.statistics().cached, pages.in_use);
  pool.deallocate(larger, 8 * kMiB);
  for (void* const block : kept) pool.deallocate(block, 2 * kMiB);
}

TEST(MemoryPool, ThreadsDoNotMeet) {
  CountedPages pages;
  MemoryPool pool(pages);
  std::vector<std::thread> threads;
  for (unsigned char t = 1; t <= 4; ++t)
    threads.emplace_back([&pool, t] {
      RandomStream stream(t);
      std::vector<std::pair<unsigned char*, std::size_t>> blocks;
      for (int i = 0; i < 400; ++i) {
        const std::size_t bytes = stream.chance(0.2) ? 262145 + stream.below(300000) : stream.below(20000);
        blocks.emplace_back(static_cast<unsigned char*>(pool.allocate(bytes)), bytes);
        std::memset(blocks.back().first, t, bytes);
        if (blocks.size() < 8) continue;
        const auto [memory, size] = blocks[stream.below(8)];
        std::erase_if(blocks, [&, first = memory](const auto& block) { return block.first == first; });
        for (std::size_t k = 0; k < size; ++k) ASSERT_EQ(memory[k], t);
        pool.deallocate(memory, size);
      }
      for (const auto& [memory, size] : blocks) pool.deallocate(memory, size);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.statistics().current, 0u);
  EXPECT_EQ(pool.statistics().cached, pages.in_use);
}

TEST(HostMemory, IsCounted) {
  const MemoryStatistics before = host_memory_statistics();
  void* const memory = allocate_host_memory(10 * kMiB);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u);
  EXPECT_GE(host_memory_statistics().current, before.current + 10 * kMiB);
  deallocate_host_memory(memory, 10 * kMiB);
  EXPECT_EQ(host_memory_statistics().current, before.current);
  EXPECT_GE(host_memory_statistics().peak, before.current + 10 * kMiB);
  reset_host_memory_peak();
  EXPECT_EQ(host_memory_statistics().peak, before.current);
  release_cached_host_memory();
  EXPECT_LT(host_memory_statistics().cached, 10 * kMiB);
}

}  // namespace
}  // namespace fovea
