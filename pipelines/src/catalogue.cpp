#include "fovea/pipelines/catalogue.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/models/lenet5.hpp"
#include "fovea/models/resnet_mini.hpp"

namespace fovea {

namespace {

// Each network's options as JSON, both ways. Reading fills what is there and leaves the rest at its default.

Json to_json(const LeNet5Options& o) {
  return {{"name", "lenet5"},     {"height", o.height},     {"width", o.width},       {"channels", o.channels},
          {"classes", o.classes}, {"filters1", o.filters1}, {"filters2", o.filters2}, {"hidden", o.hidden}};
}

void read(const Json& json, LeNet5Options& o, const std::string& where) {
  read_option(json, "height", o.height, where);
  read_option(json, "width", o.width, where);
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "filters1", o.filters1, where);
  read_option(json, "filters2", o.filters2, where);
  read_option(json, "hidden", o.hidden, where);
}

Json to_json(const ResNetMiniOptions& o) {
  return {{"name", "resnet-mini"}, {"channels", o.channels}, {"classes", o.classes}, {"widths", o.widths}, {"blocks", o.blocks}};
}

void read(const Json& json, ResNetMiniOptions& o, const std::string& where) {
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "widths", o.widths, where);
  read_option(json, "blocks", o.blocks, where);
}

struct Network {
  CatalogueEntry entry;
  /// The complete description behind a partial one; unknown keys are errors.
  Json (*complete)(const Json& partial, const std::string& where);
  std::unique_ptr<Layer> (*build)(const Json& architecture, const std::string& where);
};

template <class Options>
Options options_from(const Json& json, const std::string& where) {
  Options options;
  std::vector<std::string> known;
  const Json defaults = to_json(options);
  for (const auto& [key, value] : defaults.items()) known.push_back(key);
  require_known_keys(json, known, where);
  read(json, options, where);
  return options;
}

template <class Model, class Options>
Network network(CatalogueEntry entry) {
  return {std::move(entry), [](const Json& partial, const std::string& where) { return to_json(options_from<Options>(partial, where)); },
          [](const Json& architecture, const std::string& where) -> std::unique_ptr<Layer> {
            return std::make_unique<Model>(options_from<Options>(architecture, where));
          }};
}

const std::vector<Network>& networks() {
  static const std::vector<Network> all = {
      network<LeNet5, LeNet5Options>({"lenet5", "LeNet-5 with 20 and 50 filters and 500 hidden units", 28}),
      network<ResNetMini, ResNetMiniOptions>({"resnet-mini", "small residual network for small images", 32}),
  };
  return all;
}

const Network& find_network(const std::string& name) {
  std::vector<std::string> names;
  for (const Network& candidate : networks()) {
    if (candidate.entry.name == name) return candidate;
    names.push_back(candidate.entry.name);
  }
  throw OptionError(unknown_name_message("model", name, names));
}

}  // namespace

std::vector<CatalogueEntry> classifier_catalogue() {
  std::vector<CatalogueEntry> entries;
  for (const Network& candidate : networks()) entries.push_back(candidate.entry);
  return entries;
}

Json classifier_architecture(const std::string& name, const NetworkInput& input, std::int64_t classes, const Json& options) {
  const Network& chosen = find_network(name);
  const std::string where = "model options of " + name;
  Json partial = options.is_null() ? Json::object() : options;
  if (!partial.is_object()) throw OptionError(fmt::format("{}: expected a JSON object, found {}", where, partial.type_name()));
  // What the data decides is not the user's to set.
  for (const char* key : {"name", "height", "width", "channels", "classes"})
    if (partial.contains(key)) throw OptionError(fmt::format("{}: \"{}\" follows from the data and cannot be set", where, key));
  const Json defaults = chosen.complete(Json::object(), where);
  partial["classes"] = classes;
  partial["channels"] = input.channels;
  if (defaults.contains("height")) partial["height"] = input.height;
  if (defaults.contains("width")) partial["width"] = input.width;
  return chosen.complete(partial, where);
}

std::unique_ptr<Layer> build_classifier(const Json& architecture, const std::string& where) {
  std::string name;
  read_option(architecture, "name", name, where);
  return find_network(name).build(architecture, where);
}

}  // namespace fovea
