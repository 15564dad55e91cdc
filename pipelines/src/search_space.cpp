#include "search_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea {

namespace {

using Kind = SearchRange::Kind;

struct NamedKind {
  const char* name;
  Kind kind;
};
constexpr std::array<NamedKind, 4> kKinds = {
    {{"log_uniform", Kind::log_uniform}, {"uniform", Kind::uniform}, {"integer", Kind::integer}, {"choice", Kind::choice}}};

Kind kind_from(const std::string& name, const std::string& where) {
  std::vector<std::string> known;
  for (const NamedKind& entry : kKinds) {
    if (name == entry.name) return entry.kind;
    known.emplace_back(entry.name);
  }
  throw OptionError(where + ": " + unknown_name_message("kind of range", name, known));
}

void read_ends(SearchRange& range, const Json& ends, const std::string& where) {
  if (!ends.is_array() || ends.size() != 2 || !ends[0].is_number() || !ends[1].is_number())
    throw OptionError(fmt::format("{}: expected [lowest, highest], found {}", where, ends.dump()));
  range.low = ends[0].get<double>();
  range.high = ends[1].get<double>();
  if (!(range.low < range.high)) throw OptionError(fmt::format("{}: expected lowest < highest, found {}", where, ends.dump()));
  if (range.kind == Kind::log_uniform && !(range.low > 0))
    throw OptionError(fmt::format("{}: a logarithmic range is positive, found {}", where, ends.dump()));
}

/// Of integers the ends are as likely as the others: a range of n numbers is cut into n equal parts.
double integer_count(const SearchRange& range) { return std::floor(range.high) - std::ceil(range.low) + 1; }

}  // namespace

std::vector<SearchRange> search_space_from(const Json& json, const std::string& where) {
  std::vector<std::string> keys;
  const Json recipe = ClassifierRecipe{}.to_json();
  for (const auto& [key, value] : recipe.items()) keys.push_back(key);
  require_known_keys(json, keys, where);
  std::vector<SearchRange> space;
  for (const auto& [key, what] : json.items()) {
    const std::string place = where + ": " + key;
    if (!what.is_object() || what.size() != 1)
      throw OptionError(
          fmt::format("{}: expected {{\"log_uniform\" or \"uniform\" or \"integer\": [lowest, highest]}} or {{\"choice\": [...]}}", place));
    SearchRange range{.key = key, .kind = kind_from(what.begin().key(), place)};
    const Json& content = what.begin().value();
    if (range.kind != Kind::choice) {
      read_ends(range, content, place);
    } else {
      if (!content.is_array() || content.empty())
        throw OptionError(fmt::format("{}: expected a list of choices, found {}", place, content.dump()));
      for (const Json& choice : content) range.choices.push_back(choice.dump());
    }
    space.push_back(std::move(range));
  }
  if (space.empty()) throw OptionError(fmt::format("{}: there is nothing to search", where));
  return space;
}

Json value_at(const SearchRange& range, double place) {
  const auto part = [&](double parts) { return std::min(std::floor(place * parts), parts - 1); };
  switch (range.kind) {
    case Kind::log_uniform:
      return range.low * std::pow(range.high / range.low, place);
    case Kind::uniform:
      return range.low + (range.high - range.low) * place;
    case Kind::integer:
      return static_cast<std::int64_t>(std::ceil(range.low) + part(integer_count(range)));
    case Kind::choice:
      break;
  }
  return Json::parse(range.choices[static_cast<std::size_t>(part(static_cast<double>(range.choices.size())))]);
}

double place_of(const SearchRange& range, const Json& value) {
  const double number = value.get<double>();
  if (range.kind == Kind::log_uniform) return std::log(number / range.low) / std::log(range.high / range.low);
  return (number - range.low) / (range.high - range.low);
}

Window narrowed(const Window& window, double place) {
  const double width = (window.end - window.begin) / 3;
  const double begin = std::clamp(place - width / 2, 0.0, 1 - width);
  return {begin, begin + width};
}

Json random_values(const std::vector<SearchRange>& space, const std::vector<Window>& windows, std::uint64_t seed, std::int64_t trial) {
  constexpr std::uint64_t kPurpose = 0x736561726368;  // "search"
  Json values = Json::object();
  for (std::size_t i = 0; i < space.size(); ++i) {
    RandomStream stream(seed, static_cast<std::uint64_t>(trial), i, kPurpose);
    values[space[i].key] = value_at(space[i], stream.uniform(windows[i].begin, windows[i].end));
  }
  return values;
}

std::vector<Json> grid_values(const std::vector<SearchRange>& space, std::int64_t points) {
  constexpr std::size_t kMost = 10000;
  std::vector<Json> combinations = {Json::object()};
  for (const SearchRange& range : space) {
    std::vector<Json> choices;
    if (range.kind == Kind::choice)
      for (const std::string& choice : range.choices) choices.push_back(Json::parse(choice));
    for (std::int64_t i = 0; range.kind != Kind::choice && i < points; ++i) {
      const Json value = value_at(range, points == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(points - 1));
      if (choices.empty() || choices.back() != value) choices.push_back(value);
    }
    std::vector<Json> longer;
    for (const Json& combination : combinations)
      for (const Json& choice : choices) {
        longer.push_back(combination);
        longer.back()[range.key] = choice;
      }
    if (longer.size() > kMost)
      throw OptionError(fmt::format("the grid has more than {} points: search at random, or in fewer keys", kMost));
    combinations = std::move(longer);
  }
  return combinations;
}

}  // namespace fovea
