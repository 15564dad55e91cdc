#include "fovea/data/splits.hpp"

#include <algorithm>
#include <map>

#include "fovea/base/random.hpp"

namespace fovea {

Holdout stratified_holdout(std::span<const std::int64_t> labels, std::int64_t denominator, std::uint64_t seed, std::uint64_t purpose) {
  constexpr std::uint64_t kSplitStream = 0x73706c6974;  // "split": apart from every stream of an epoch
  std::map<std::int64_t, std::vector<std::int64_t>> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) classes[labels[i]].push_back(static_cast<std::int64_t>(i));

  Holdout result;
  for (const auto& [label, members] : classes) {
    const auto count = static_cast<std::int64_t>(members.size());
    const std::int64_t rounded = (2 * count + denominator) / (2 * denominator);
    const std::int64_t held = std::min(std::max<std::int64_t>(rounded, 1), count - 1);
    const auto order = random_permutation(count, RandomStream(seed, static_cast<std::uint64_t>(label), purpose, kSplitStream));
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t index = members[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
      (i < held ? result.held_out : result.kept).push_back(index);
    }
  }
  std::sort(result.kept.begin(), result.kept.end());
  std::sort(result.held_out.begin(), result.held_out.end());
  return result;
}

}  // namespace fovea
