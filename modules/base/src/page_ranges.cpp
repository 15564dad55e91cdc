#include "fovea/base/page_ranges.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace fovea {

namespace {

constexpr std::size_t kHugePage = PageSource::kHugePage;

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

}  // namespace

PageRanges::~PageRanges() {
  if (free_bytes_ != committed_) return;
  for (const PageSource::Addresses& addresses : reserved_) source_.unreserve(addresses);
}

std::byte* PageRanges::take(std::size_t bytes) {
  const auto range = std::find_if(free_.begin(), free_.end(), [bytes](const auto& free) { return free.second >= bytes; });
  return range == free_.end() ? nullptr : cut(range, bytes);
}

std::byte* PageRanges::grow(std::size_t bytes) {
  std::optional<Growth> growth = cheapest_growth(bytes);
  if (!growth && reserve(round_up(bytes, kHugePage))) growth = cheapest_growth(bytes);
  if (!growth) return nullptr;
  const auto [first, there] = *growth;
  std::byte* const absent = first + there;
  const std::size_t missing = round_up(bytes - there, kHugePage);
  if (!source_.commit(absent, missing)) return nullptr;
  committed_ += missing;
  const std::size_t left = absent_.at(absent) - missing;
  absent_.erase(absent);
  if (left > 0) absent_.emplace(absent + missing, left);
  give(absent, missing);  // joins what was there before
  return cut(free_.find(first), bytes);
}

std::optional<PageRanges::Growth> PageRanges::cheapest_growth(std::size_t bytes) const {
  std::optional<Growth> best;
  for (const auto& [absent, size] : absent_) {
    Growth growth{absent, 0};
    const auto next = free_.lower_bound(absent);
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == absent && before->second < bytes) growth = {before->first, before->second};
    }
    if (size < round_up(bytes - growth.there, kHugePage)) continue;
    if (!best || growth.there > best->there) best = growth;
  }
  return best;
}

bool PageRanges::reserve(std::size_t bytes) {
  const PageSource::Addresses addresses = source_.reserve(bytes);
  if (addresses.first == nullptr) return false;
  reserved_.push_back(addresses);
  insert(absent_, addresses.first, addresses.bytes);
  return true;
}

void PageRanges::give(std::byte* pages, std::size_t bytes) {
  free_bytes_ += bytes;
  insert(free_, pages, bytes);
}

void PageRanges::discard(std::size_t bytes) {
  std::vector<std::pair<std::byte*, std::size_t>> largest_first(free_.begin(), free_.end());
  std::sort(largest_first.begin(), largest_first.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::size_t gone = 0;
  for (const auto& [first, size] : largest_first) {
    if (gone >= bytes) return;
    const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(first) % kHugePage) % kHugePage;
    if (size < before + kHugePage) continue;
    const std::size_t whole = (size - before) / kHugePage * kHugePage;
    std::byte* const pages = first + before;
    cut(free_.find(first), size);
    source_.decommit(pages, whole);
    committed_ -= whole;
    gone += whole;
    if (before > 0) give(first, before);
    if (size > before + whole) give(pages + whole, size - before - whole);
    insert(absent_, pages, whole);
  }
}

/// Adds a range, joined with its neighbours.
void PageRanges::insert(Ranges& ranges, std::byte* first, std::size_t bytes) {
  auto next = ranges.lower_bound(first);
  if (next != ranges.end() && next->first == first + bytes) {
    bytes += next->second;
    next = ranges.erase(next);
  }
  if (next != ranges.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == first) {
      before->second += bytes;
      return;
    }
  }
  ranges.emplace(first, bytes);
}

/// Takes the first `bytes` bytes of a free range.
std::byte* PageRanges::cut(Ranges::iterator range, std::size_t bytes) {
  const auto [first, size] = *range;
  free_bytes_ -= bytes;
  free_.erase(range);
  if (size > bytes) free_.emplace(first + bytes, size - bytes);
  return first;
}

}  // namespace fovea
