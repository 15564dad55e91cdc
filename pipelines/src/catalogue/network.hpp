// One network of the catalogue: its entry, and its options as JSON, both ways.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fovea/pipelines/catalogue.hpp"

namespace fovea {

struct Network {
  CatalogueEntry entry;
  /// The complete description behind a partial one; unknown keys are errors.
  std::function<Json(const Json& partial, const std::string& where)> complete;
  std::function<std::unique_ptr<Layer>(const Json& architecture, const std::string& where)> build;
};

/// An option that descriptions hold: its key and where it is kept.
template <class Options>
struct OptionField {
  const char* key;
  std::variant<bool Options::*, std::int64_t Options::*, double Options::*, std::string Options::*, std::vector<std::int64_t> Options::*,
               Json Options::*>
      member;
};

template <class Options>
using OptionFields = std::vector<OptionField<Options>>;

/// The same for a part of the description that is JSON itself and is checked by whom it describes.
inline void read_option(const Json& object, const char* key, Json& value, std::string_view) {
  if (object.contains(key)) value = object[key];
}

/// `fields` in the order in which descriptions hold them. Reading fills what is there and leaves the rest at `defaults`, the options that
/// the name stands for; what has no field follows from the name. `complete(options, where)` fills in what depends on other options, and
/// `make(options, where)` builds the network.
template <class Options, class Complete, class Make>
Network described_network(CatalogueEntry entry, const OptionFields<Options>& fields, const Options& defaults, Complete complete,
                          Make make) {
  const auto describe = [name = entry.name, fields](const Options& options) {
    Json json = {{"name", name}};
    for (const auto& field : fields) std::visit([&](auto member) { json[field.key] = options.*member; }, field.member);
    return json;
  };
  const auto options_from = [defaults, fields, complete](const Json& json, const std::string& where) {
    std::vector<std::string> known = {"name"};
    for (const auto& field : fields) known.emplace_back(field.key);
    require_known_keys(json, known, where);
    Options options = defaults;
    for (const auto& field : fields) std::visit([&](auto member) { read_option(json, field.key, options.*member, where); }, field.member);
    complete(options, where);
    return options;
  };
  return {.entry = std::move(entry),
          .complete = [=](const Json& partial, const std::string& where) { return describe(options_from(partial, where)); },
          .build = [=](const Json& architecture, const std::string& where) { return make(options_from(architecture, where), where); }};
}

/// The same for a network whose constructor takes the options.
template <class Model, class Options>
Network network(CatalogueEntry entry, const OptionFields<Options>& fields, const Options& defaults = {}) {
  const auto nothing = [](Options&, const std::string&) {};
  const auto make = [](const Options& options, const std::string&) -> std::unique_ptr<Layer> { return std::make_unique<Model>(options); };
  return described_network<Options>(std::move(entry), fields, defaults, nothing, make);
}

}  // namespace fovea
