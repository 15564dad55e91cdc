#include "fovea/base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace fovea {
namespace {

// The known-answer vectors that Salmon et al. publish with Random123 (kat_vectors, philox4x32 10 rounds).
TEST(Random, PhiloxGivesThePublishedWords) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0}, {0, 0, 0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, EqualNamesGiveEqualStreams) {
  RandomStream a(1, 2, 3, 4), b(1, 2, 3, 4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next_u64(), b.next_u64());
}

TEST(Random, EveryPartOfTheNameMatters) {
  std::set<std::uint64_t> first;
  for (std::uint64_t value : {0u, 1u, 2u}) {
    first.insert(RandomStream(value, 9, 9, 9).next_u64());
    first.insert(RandomStream(9, value, 9, 9).next_u64());
    first.insert(RandomStream(9, 9, value, 9).next_u64());
    first.insert(RandomStream(9, 9, 9, value).next_u64());
  }
  EXPECT_EQ(first.size(), 12u);
}

TEST(Random, UniformFillsItsInterval) {
  RandomStream stream(11);
  constexpr int kCount = 100000;
  double sum = 0, squares = 0, low = 1, high = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    squares += value * value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_NEAR(sum / kCount, 0.5, 4 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / kCount));
  EXPECT_LT(low, 1e-3);
  EXPECT_GT(high, 1 - 1e-3);
  for (int i = 0; i < 1000; ++i) {
    const double value = stream.uniform(-3, 5);
    ASSERT_GE(value, -3);
    ASSERT_LT(value, 5);
  }
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  RandomStream stream(12);
  constexpr int kCount = 100000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = stream.normal();
    sum += value;
    squares += value * value;
    fourth += value * value * value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 4 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 4 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(fourth / kCount, 3, 4 * std::sqrt(96.0 / kCount));
}

TEST(Random, BelowIsUniform) {
  RandomStream stream(13);
  constexpr int kBound = 7, kCount = 70000;
  int hits[kBound] = {};
  for (int i = 0; i < kCount; ++i) {
    const std::uint64_t value = stream.below(kBound);
    ASSERT_LT(value, static_cast<std::uint64_t>(kBound));
    ++hits[value];
  }
  for (const int count : hits) EXPECT_NEAR(count, 10000, 4 * std::sqrt(10000));
  EXPECT_EQ(stream.below(1), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_LT(stream.below((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
}

TEST(Random, ChanceHasItsProbability) {
  RandomStream stream(14);
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += stream.chance(0.3) ? 1 : 0;
  EXPECT_NEAR(hits, 3000, 4 * std::sqrt(2100));
  EXPECT_FALSE(stream.chance(0));
  EXPECT_TRUE(stream.chance(1));
}

TEST(Random, PermutationHoldsEveryIndexOnce) {
  for (const std::int64_t count : {0, 1, 2, 1000}) {
    auto order = random_permutation(count, RandomStream(1, 2));
    EXPECT_EQ(order, random_permutation(count, RandomStream(1, 2)));
    if (count == 1000) {
      EXPECT_NE(order, random_permutation(count, RandomStream(1, 3)));
      EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    }
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(count));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
  }
}

TEST(Random, PermutationsAreEquallyLikely) {
  // The six orders of three, 12000 draws.
  int hits[27] = {};
  for (std::uint64_t seed = 0; seed < 12000; ++seed) {
    const auto order = random_permutation(3, RandomStream(seed));
    ++hits[order[0] * 9 + order[1] * 3 + order[2]];
  }
  for (const int at : {0 * 9 + 1 * 3 + 2, 0 * 9 + 2 * 3 + 1, 1 * 9 + 0 * 3 + 2, 1 * 9 + 2 * 3 + 0, 2 * 9 + 0 * 3 + 1, 2 * 9 + 1 * 3 + 0})
    EXPECT_NEAR(hits[at], 2000, 4 * std::sqrt(2000 * 5.0 / 6)) << at;
}

}  // namespace
}  // namespace fovea
