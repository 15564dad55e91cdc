#include "fovea/data/batch_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;

void rest(int microseconds) { std::this_thread::sleep_for(std::chrono::microseconds(microseconds)); }

std::vector<std::uint64_t> slow_content(std::int64_t batch) {
  RandomStream random(7, static_cast<std::uint64_t>(batch));
  rest(static_cast<int>(random.below(300)));  // batches finish out of order
  std::vector<std::uint64_t> values(5);
  for (auto& value : values) value = random.next_u64();
  return values;
}

class BatchLoaderWith : public testing::TestWithParam<BatchLoaderOptions> {};

TEST_P(BatchLoaderWith, GivesEveryBatchInOrder) {
  BatchLoader<std::vector<std::uint64_t>> loader(60, slow_content, GetParam());
  ASSERT_EQ(loader.batches(), 60);
  for (std::int64_t i = 0; i < 60; ++i) ASSERT_EQ(loader.next(), slow_content(i)) << i;
  EXPECT_THROW(loader.next(), OptionError);
}

TEST_P(BatchLoaderWith, NeverHoldsMoreThanItsDepth) {
  std::atomic<std::int64_t> begun{0};
  BatchLoader<std::int64_t> loader(
      40, [&](std::int64_t batch) { return ++begun, batch; }, GetParam());
  for (std::int64_t i = 0; i < 40; ++i) {
    rest(200);
    EXPECT_LE(begun.load(), i + GetParam().prefetch) << "before batch " << i;
    EXPECT_EQ(loader.next(), i);
  }
  EXPECT_EQ(begun.load(), 40);
}

TEST_P(BatchLoaderWith, ThrowsInTurnAndGoesOn) {
  BatchLoader<std::int64_t> loader(
      9,
      [](std::int64_t batch) {
        if (batch % 3 == 1) throw std::runtime_error("batch " + std::to_string(batch));
        return batch;
      },
      GetParam());
  for (std::int64_t i = 0; i < 9; ++i) {
    if (i % 3 != 1) {
      EXPECT_EQ(loader.next(), i);
      continue;
    }
    try {
      loader.next();
      ADD_FAILURE() << "batch " << i << " did not throw";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "batch " + std::to_string(i));
    }
  }
}

TEST_P(BatchLoaderWith, StopsEarlyAndLeavesNothingBehind) {
  for (int taken = 0; taken < 12; ++taken) {
    auto alive = std::make_shared<std::atomic<int>>(0);  // batches being made; the loader's copy of `make` shares it
    {
      BatchLoader<std::int64_t> loader(
          1000,
          [alive](std::int64_t batch) {
            ++*alive;
            rest(100);
            --*alive;
            return batch;
          },
          GetParam());
      for (int i = 0; i < taken; ++i) EXPECT_EQ(loader.next(), i);
    }
    EXPECT_EQ(*alive, 0);
  }
}

TEST_P(BatchLoaderWith, AnEmptyPassIsOver) {
  BatchLoader<int> loader(
      0, [](std::int64_t) { return 1; }, GetParam());
  EXPECT_EQ(loader.batches(), 0);
  EXPECT_THROW(loader.next(), OptionError);
}

TEST_P(BatchLoaderWith, WorksInsideBusyThreads) {
  // Every thread of the process waits for a loader: each must help itself.
  const Threads threads(4);
  std::atomic<std::int64_t> sum{0};
  parallel_blocks(threads, 8, [&](std::int64_t) {
    BatchLoader<std::int64_t> loader(
        20, [](std::int64_t batch) { return rest(20), batch; }, GetParam());
    for (int i = 0; i < 20; ++i) sum += loader.next();
  });
  EXPECT_EQ(sum.load(), 8 * 190);
}

INSTANTIATE_TEST_SUITE_P(Options, BatchLoaderWith,
                         testing::Values(BatchLoaderOptions{.workers = 0}, BatchLoaderOptions{.workers = 1},
                                         BatchLoaderOptions{.workers = 1, .prefetch = 1}, BatchLoaderOptions{.workers = 3, .prefetch = 2},
                                         BatchLoaderOptions{.workers = 4, .prefetch = 100}),
                         [](const auto& test) {
                           return "workers" + std::to_string(test.param.workers) + "prefetch" + std::to_string(test.param.prefetch);
                         });

TEST(BatchLoader, WithoutWorkersEverythingHappensInTheCallingThread) {
  const auto caller = std::this_thread::get_id();
  BatchLoader<std::thread::id> loader(5, [](std::int64_t) { return std::this_thread::get_id(); }, {.workers = 0});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(loader.next(), caller);
}

TEST(BatchLoader, WorkersPrefetchWhileTheCallerIsElsewhere) {
  std::atomic<int> made{0};
  BatchLoader<int> loader(100, [&](std::int64_t) { return ++made; }, {.workers = 2, .prefetch = 3});
  for (int i = 0; i < 5000 && made < 3; ++i) rest(1000);
  EXPECT_EQ(made.load(), 3) << "the ring fills without a call of next()";
}

TEST(BatchLoader, TheCallerMakesBatchesWhileItWaits) {
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> begun{false}, helped{false};
  const auto make = [&](std::int64_t batch) {
    if (batch > 0 && std::this_thread::get_id() == caller) helped = true;
    begun = true;
    for (int i = 0; batch == 0 && !helped && i < 10'000; ++i) rest(1000);  // the first batch takes until another has been made
    return helped.load();
  };
  BatchLoader<bool> loader(4, make, {.workers = 1});
  while (!begun) rest(100);
  EXPECT_TRUE(loader.next());
}

TEST(BatchLoader, MovesBatchesThatCannotBeCopied) {
  BatchLoader<std::unique_ptr<int>> loader(2, [](std::int64_t batch) { return std::make_unique<int>(static_cast<int>(batch)); });
  EXPECT_EQ(*loader.next(), 0);
  EXPECT_EQ(*loader.next(), 1);
}

TEST(BatchLoader, RefusesOptionsOutOfRange) {
  const auto make = [](std::int64_t) { return 1; };
  EXPECT_THROW(BatchLoader<int>(-1, make), OptionError);
  EXPECT_THROW(BatchLoader<int>(1, make, {.workers = -1}), OptionError);
  EXPECT_THROW(BatchLoader<int>(1, make, {.prefetch = 0}), OptionError);
}

TEST(EpochOrder, IsAPermutationThatDependsOnSeedAndEpoch) {
  std::vector<std::int64_t> sorted = epoch_order(1000, 1, 3);
  EXPECT_EQ(sorted, epoch_order(1000, 1, 3));
  EXPECT_NE(sorted, epoch_order(1000, 1, 4));
  EXPECT_NE(sorted, epoch_order(1000, 2, 3));
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(sorted, expected);
  EXPECT_TRUE(epoch_order(0, 1, 0).empty());
}

}  // namespace
}  // namespace fovea
