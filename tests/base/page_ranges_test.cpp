#include "fovea/base/page_ranges.hpp"

#include <cstdint>
#include <iterator>
#include <map>

#include "counted_pages.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using test::CountedPages;
using test::kMiB;

/// What was taken, or else added.
std::byte* get(PageRanges& ranges, std::size_t bytes) {
  std::byte* const kept = ranges.take(bytes);
  return kept != nullptr ? kept : ranges.grow(bytes);
}

TEST(PageRanges, AFreedRangeIsSplitAndItsPartsJoinAgain) {
  CountedPages pages;
  PageRanges ranges(pages);
  std::byte* const whole = get(ranges, 16 * kMiB);
  ranges.give(whole, 16 * kMiB);
  std::byte* const a = ranges.take(5 * kMiB);
  std::byte* const b = ranges.take(7 * kMiB);
  std::byte* const c = ranges.take(4 * kMiB);
  EXPECT_EQ(a, whole);
  EXPECT_EQ(b, whole + 5 * kMiB);
  EXPECT_EQ(c, whole + 12 * kMiB);
  EXPECT_EQ(ranges.take(PageRanges::kPage), nullptr) << "nothing is left";
  ranges.give(a, 5 * kMiB);
  ranges.give(c, 4 * kMiB);
  EXPECT_EQ(ranges.take(6 * kMiB), nullptr) << "two parts that are no neighbours";
  ranges.give(b, 7 * kMiB);  // joins both
  EXPECT_EQ(ranges.take(16 * kMiB), whole);
  EXPECT_EQ(pages.in_use, 16 * kMiB);
  ranges.give(whole, 16 * kMiB);
}

TEST(PageRanges, TheLowestRangeThatIsLargeEnoughServes) {
  CountedPages pages;
  PageRanges ranges(pages);
  std::byte* parts[6];
  const std::size_t sizes[6] = {2 * kMiB, kMiB, 8 * kMiB, kMiB, 4 * kMiB, 2 * kMiB};  // every other stays in use
  for (int i = 0; i < 6; ++i) parts[i] = get(ranges, sizes[i]);
  for (const int i : {4, 0, 2}) ranges.give(parts[i], sizes[i]);
  EXPECT_EQ(ranges.take(4 * kMiB), parts[2]);
  EXPECT_EQ(ranges.take(3 * kMiB), parts[2] + 4 * kMiB);
  EXPECT_EQ(ranges.take(3 * kMiB), parts[4]);
  EXPECT_EQ(ranges.take(kMiB), parts[0]);
  EXPECT_EQ(ranges.take(2 * kMiB), nullptr);
}

TEST(PageRanges, GrowsByWhatIsMissingAlone) {
  CountedPages pages;
  PageRanges ranges(pages);
  std::byte* const low = get(ranges, 4 * kMiB);
  std::byte* const high = get(ranges, 6 * kMiB);
  ranges.give(high, 6 * kMiB);
  EXPECT_EQ(get(ranges, 10 * kMiB), high) << "the free end and 4 MiB more";
  EXPECT_EQ(pages.in_use, 14 * kMiB);
  EXPECT_EQ(get(ranges, PageRanges::kPage), low + 14 * kMiB);
  EXPECT_EQ(ranges.free(), 2 * kMiB - PageRanges::kPage) << "a huge page at a time";
}

TEST(PageRanges, WhatWasDiscardedGrowsAgain) {
  CountedPages pages;
  PageRanges ranges(pages);
  std::byte* const first = get(ranges, kMiB);
  std::byte* const middle = get(ranges, 9 * kMiB);
  std::byte* const last = get(ranges, 2 * kMiB);
  ranges.give(middle, 9 * kMiB);
  ranges.discard(1);
  EXPECT_EQ(pages.in_use, 4 * kMiB) << "the huge page that the first mebibyte lies in stays";
  EXPECT_EQ(ranges.committed(), 4 * kMiB);
  EXPECT_EQ(ranges.free(), kMiB);
  EXPECT_EQ(ranges.take(2 * kMiB), nullptr);
  EXPECT_EQ(get(ranges, 9 * kMiB), middle) << "from the half huge page on, not behind the last range";
  EXPECT_EQ(pages.in_use, 12 * kMiB);
  ranges.give(first, kMiB);
  ranges.give(middle, 9 * kMiB);
  ranges.give(last, 2 * kMiB);
  ranges.discard(SIZE_MAX);
  EXPECT_EQ(pages.in_use, 0u);
  EXPECT_EQ(ranges.free(), 0u);
}

TEST(PageRanges, DiscardsTheLargestFirstAndNoMoreThanItMust) {
  CountedPages pages;
  PageRanges ranges(pages);
  std::byte* const small = get(ranges, 4 * kMiB);
  get(ranges, 2 * kMiB);
  std::byte* const large = get(ranges, 8 * kMiB);
  get(ranges, 2 * kMiB);
  ranges.give(small, 4 * kMiB);
  ranges.give(large, 8 * kMiB);
  ranges.discard(5 * kMiB);
  EXPECT_EQ(pages.in_use, 8 * kMiB);
  EXPECT_EQ(ranges.take(4 * kMiB), small);
}

TEST(PageRanges, ASourceWithoutMemoryOrAddressesGivesNull) {
  CountedPages pages(4 * kMiB, 0);
  PageRanges ranges(pages);
  EXPECT_EQ(ranges.grow(6 * kMiB), nullptr);
  EXPECT_EQ(ranges.grow(std::size_t{1} << 50), nullptr);
  std::byte* const block = ranges.grow(4 * kMiB);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(ranges.grow(PageRanges::kPage), nullptr);
  ranges.give(block, 4 * kMiB);
  EXPECT_EQ(ranges.take(4 * kMiB), block);
}

TEST(PageRanges, EverythingGoesBackInTheEnd) {
  CountedPages pages(SIZE_MAX, 0);  // a reservation each
  {
    PageRanges ranges(pages);
    for (const std::size_t bytes : {3 * kMiB, kMiB, 10 * kMiB}) ranges.give(ranges.grow(bytes), bytes);
    EXPECT_FALSE(pages.holds_nothing());
  }
  EXPECT_TRUE(pages.holds_nothing());
}

/// A random sequence beside the simplest possible book-keeping: no range overlaps another, every byte of memory is in one range, and
/// neighbours are joined (the whole is one range when nothing is in use).
TEST(PageRanges, RandomSequencesStayConsistent) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CountedPages pages(SIZE_MAX, 64 * kMiB);
    PageRanges ranges(pages);
    RandomStream stream(seed);
    std::map<std::byte*, std::size_t> in_use;
    std::size_t used = 0, most_used = 0;
    const auto give = [&](std::map<std::byte*, std::size_t>::iterator block) {
      ranges.give(block->first, block->second);
      used -= block->second;
      in_use.erase(block);
    };
    for (int i = 0; i < 500; ++i) {
      if (in_use.size() > 30 || (!in_use.empty() && stream.chance(0.4)))
        give(std::next(in_use.begin(), static_cast<std::ptrdiff_t>(stream.below(in_use.size()))));
      if (stream.chance(0.02)) ranges.discard(stream.below(8) * kMiB);
      const std::size_t bytes = (1 + stream.below(800)) * PageRanges::kPage;
      std::byte* const block = get(ranges, bytes);
      ASSERT_NE(block, nullptr);
      const auto [place, fresh] = in_use.emplace(block, bytes);
      ASSERT_TRUE(fresh);
      const auto next = std::next(place);
      ASSERT_TRUE(place == in_use.begin() || std::prev(place)->first + std::prev(place)->second <= block);
      ASSERT_TRUE(next == in_use.end() || block + bytes <= next->first);
      used += bytes;
      most_used = std::max(most_used, used);
      ASSERT_EQ(ranges.committed(), pages.in_use);
      ASSERT_EQ(ranges.committed() - ranges.free(), used);
    }
    EXPECT_LT(pages.most, most_used * 3 / 2) << "fragments stay few";
    while (!in_use.empty()) give(in_use.begin());
    EXPECT_EQ(ranges.free(), ranges.committed());
    ranges.discard(SIZE_MAX);
    EXPECT_EQ(pages.in_use, 0u);
  }
}

TEST(SystemPages, AreZeroWritableAndAligned) {
  SystemPages pages;
  const PageSource::Addresses addresses = pages.reserve(8 * kMiB);
  ASSERT_NE(addresses.first, nullptr);
  EXPECT_GE(addresses.bytes, 8 * kMiB);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(addresses.first) % PageSource::kHugePage, 0u);
  auto* const bytes = reinterpret_cast<unsigned char*>(addresses.first);
  for (int round = 0; round < 2; ++round) {  // memory that went back comes again as new
    ASSERT_TRUE(pages.commit(addresses.first, 4 * kMiB));
    for (const std::size_t at : {std::size_t{0}, 2 * kMiB, 4 * kMiB - 1}) {
      EXPECT_EQ(bytes[at], 0);
      bytes[at] = 1;
    }
    pages.decommit(addresses.first, 4 * kMiB);
  }
  pages.unreserve(addresses);
  EXPECT_EQ(pages.reserve(std::size_t{1} << 60).first, nullptr);
}

}  // namespace
}  // namespace fovea
