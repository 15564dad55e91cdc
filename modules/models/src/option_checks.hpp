// Checks of options that all networks share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

/// Throws OptionError "[network] at least 2 classes, found ..." below that.
void require_classes(const char* network, std::int64_t classes);
/// Throws OptionError "[network] what are count numbers from 1 to most, found [...]"; a count of 0 wants at least one number.
void require_numbers(const char* network, const char* what, const std::vector<std::int64_t>& numbers, std::size_t count,
                     std::int64_t most = INT64_MAX);
/// Throws OptionError "[network] what is at least 1, found ..." below that.
void require_positive(const char* network, const char* what, std::int64_t number);

/// Blocks of a stage, at most: a damaged file shall not build networks for hours.
inline constexpr std::int64_t kMostBlocks = 1000;

}  // namespace fovea
