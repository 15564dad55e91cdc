#include "fovea/base/parallel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

TEST(Parallel, EveryBlockRunsOnce) {
  for (const int count : {0, 1, 2, 3, 8}) {
    const Threads threads(count);
    for (const std::int64_t blocks : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(blocks));
      parallel_blocks(threads, blocks, [&](std::int64_t block) { ++runs[static_cast<std::size_t>(block)]; });
      for (const auto& run : runs) EXPECT_EQ(run, 1);
    }
  }
}

TEST(Parallel, CountsItsThreads) {
  EXPECT_EQ(Threads(1).count(), 1);
  EXPECT_GE(Threads(0).count(), 1);
  EXPECT_EQ(Threads(3).count(), std::min(3, Threads(0).count()));
  EXPECT_EQ(Threads(100000).count(), Threads(0).count());
  EXPECT_THROW(Threads(-1), OptionError);
}

TEST(Parallel, RunsDependOnCountAndGrainAlone) {
  for (const int count : {1, 2, 3}) {
    const Threads threads(count);
    std::vector<std::pair<std::int64_t, std::int64_t>> runs(4);
    parallel_for(threads, 10, 3, [&](std::int64_t begin, std::int64_t end) { runs[static_cast<std::size_t>(begin / 3)] = {begin, end}; });
    EXPECT_EQ(runs, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 3}, {3, 6}, {6, 9}, {9, 10}}));
  }
  bool called = false;
  parallel_for(Threads(2), 0, 3, [&](std::int64_t, std::int64_t) { called = true; });
  EXPECT_FALSE(called);
}

TEST(Parallel, OneThreadIsTheCallingOneInOrder) {
  const Threads threads(1);
  const std::thread::id caller = std::this_thread::get_id();
  std::vector<std::int64_t> order;
  parallel_blocks(threads, 5, [&](std::int64_t block) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(block);
  });
  EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(Parallel, NoMoreThreadsThanAskedFor) {
  const Threads threads(2);
  std::atomic<int> inside{0}, most{0};
  parallel_blocks(threads, 200, [&](std::int64_t) {
    const int now = ++inside;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    --inside;
  });
  EXPECT_GE(most, 1);
  EXPECT_LE(most, 2);
}

TEST(Parallel, AnExceptionReachesTheCaller) {
  for (const int count : {1, 3}) {
    const Threads threads(count);
    EXPECT_THROW(parallel_blocks(threads, 100,
                                 [](std::int64_t block) {
                                   if (block == 42) throw std::out_of_range("block 42");
                                 }),
                 std::out_of_range);
    std::atomic<int> runs{0};  // and the threads still work
    parallel_blocks(threads, 10, [&](std::int64_t) { ++runs; });
    EXPECT_EQ(runs, 10);
  }
}

TEST(Parallel, CallsMayNestAndRunSideBySide) {
  const Threads outer(2);
  std::vector<std::int64_t> sums(8);
  parallel_blocks(outer, 8, [&](std::int64_t block) {
    const Threads inner(2);
    std::atomic<std::int64_t> sum{0};
    parallel_blocks(inner, 100, [&](std::int64_t i) { sum += i; });
    sums[static_cast<std::size_t>(block)] = sum;
  });
  EXPECT_EQ(sums, std::vector<std::int64_t>(8, 4950));
}

}  // namespace
}  // namespace fovea
