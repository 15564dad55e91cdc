// Dividing labelled samples by chance, class by class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

/// Indices of samples, ascending.
struct Holdout {
  std::vector<std::int64_t> kept, held_out;
};

/// Holds out one sample in `denominator` of each class: n / denominator of n, rounded, but at least one where that leaves one, so that
/// every class with two samples is on both sides. Which ones depends on (seed, purpose, class, n) alone. `labels` are >= 0, denominator
/// >= 2.
Holdout stratified_holdout(std::span<const std::int64_t> labels, std::int64_t denominator, std::uint64_t seed, std::uint64_t purpose);

/// The fold, from 0, of every sample: each class is spread over all `folds` as evenly as its number allows, by chance. Depends on (seed,
/// classes and their numbers of samples) alone. `labels` are >= 0, folds >= 2.
std::vector<std::int64_t> stratified_folds(std::span<const std::int64_t> labels, std::int64_t folds, std::uint64_t seed);

}  // namespace fovea
