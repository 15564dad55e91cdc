#include "fovea/data/splits.hpp"

#include <algorithm>
#include <map>

#include "fovea/base/random.hpp"

namespace fovea {

namespace {

constexpr std::uint64_t kSplitStream = 0x73706c6974;  // "split": apart from every stream of an epoch

using Classes = std::map<std::int64_t, std::vector<std::int64_t>>;

Classes samples_by_class(std::span<const std::int64_t> labels) {
  Classes classes;
  for (std::size_t i = 0; i < labels.size(); ++i) classes[labels[i]].push_back(static_cast<std::int64_t>(i));
  return classes;
}

}  // namespace

Holdout stratified_holdout(std::span<const std::int64_t> labels, std::int64_t denominator, std::uint64_t seed, std::uint64_t purpose) {
  Holdout result;
  for (const auto& [label, members] : samples_by_class(labels)) {
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

ThreeWaySplit stratified_tenths(std::span<const std::int64_t> labels, std::uint64_t seed) {
  constexpr std::int64_t kTenth = 10;
  Holdout test = stratified_holdout(labels, kTenth, seed, kTestPurpose);
  std::vector<std::int64_t> rest;
  for (const std::int64_t index : test.kept) rest.push_back(labels[static_cast<std::size_t>(index)]);
  Holdout val = stratified_holdout(rest, kTenth - 1, seed, kValidationPurpose);  // a tenth of all is a ninth of what is left
  for (std::vector<std::int64_t>* part : {&val.kept, &val.held_out})
    for (std::int64_t& index : *part) index = test.kept[static_cast<std::size_t>(index)];
  return {std::move(val.kept), std::move(val.held_out), std::move(test.held_out)};
}

std::vector<std::int64_t> stratified_folds(std::span<const std::int64_t> labels, std::int64_t folds, std::uint64_t seed) {
  constexpr std::uint64_t kPurpose = 0x666f6c64;  // "fold"
  std::vector<std::int64_t> result(labels.size());
  std::int64_t next = 0;  // goes on from class to class, so that folds of many small classes are of one size too
  for (const auto& [label, members] : samples_by_class(labels)) {
    const auto count = static_cast<std::int64_t>(members.size());
    for (const std::int64_t i : random_permutation(count, RandomStream(seed, static_cast<std::uint64_t>(label), kPurpose, kSplitStream)))
      result[static_cast<std::size_t>(members[static_cast<std::size_t>(i)])] = next++ % folds;
  }
  return result;
}

}  // namespace fovea
