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

/// Purposes of random splits: the validation part is drawn independently of the test part.
inline constexpr std::uint64_t kValidationPurpose = 0, kTestPurpose = 1;

/// Holds out one sample in `denominator` of each class: n / denominator of n, rounded, but at least one where that leaves one, so that
/// every class with two samples is on both sides. Which ones depends on (seed, purpose, class, n) alone. `labels` are >= 0, denominator
/// >= 2.
Holdout stratified_holdout(std::span<const std::int64_t> labels, std::int64_t denominator, std::uint64_t seed, std::uint64_t purpose);

/// Indices of samples, ascending.
struct ThreeWaySplit {
  std::vector<std::int64_t> train, val, test;
};

/// The seeded stratified 80/10/10 of data without splits: a tenth of each class for testing, then a ninth of what is left for validation,
/// each as stratified_holdout draws it.
ThreeWaySplit stratified_tenths(std::span<const std::int64_t> labels, std::uint64_t seed);

/// The fold, from 0, of every sample: each class is spread over all `folds` as evenly as its number allows, by chance. Depends on (seed,
/// classes and their numbers of samples) alone. `labels` are >= 0, folds >= 2.
std::vector<std::int64_t> stratified_folds(std::span<const std::int64_t> labels, std::int64_t folds, std::uint64_t seed);

}  // namespace fovea
