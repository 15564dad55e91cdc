// Points in a search space, by their place between the ends of each range.
#pragma once

#include "fovea/pipelines/recipe_search.hpp"

namespace fovea {

/// A part of a range, as shares of it in its own scale: 0 is the lowest value, 1 the highest.
struct Window {
  double begin = 0, end = 1;
};

/// The value at a place of a range. A choice's place is cut into equal parts, one for each.
Json value_at(const SearchRange& range, double place);
/// The inverse, for what is no choice.
double place_of(const SearchRange& range, const Json& value);

/// A third of `window` around a place, moved inside [0, 1].
Window narrowed(const Window& window, double place);

/// The values of a random trial: for each range a place in its window, from the stream of (seed, trial, key).
Json random_values(const std::vector<SearchRange>& space, const std::vector<Window>& windows, std::uint64_t seed, std::int64_t trial);

/// Every combination; the last key changes fastest. Throws OptionError when there are more than 10,000.
std::vector<Json> grid_values(const std::vector<SearchRange>& space, std::int64_t points);

}  // namespace fovea
