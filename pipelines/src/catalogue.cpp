#include "fovea/pipelines/catalogue.hpp"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "catalogue/families.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

const std::vector<Network>& networks() {
  static const std::vector<Network> all = [] {
    std::vector<Network> list;
    for (const auto family :
         {simple_networks, resnet_networks, preact_resnet_networks, vgg_networks, alexnet_networks, squeezenet_networks, densenet_networks,
          googlenet_networks, mobilenet_networks, darknet_networks, vit_networks, feature_classifier_networks, segmentation_networks})
      for (Network& member : family()) list.push_back(std::move(member));
    return list;
  }();
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

std::string name_of(const Json& architecture, const std::string& where) {
  std::string name;
  read_option(architecture, "name", name, where);
  return name;
}

}  // namespace

std::vector<CatalogueEntry> network_catalogue() {
  std::vector<CatalogueEntry> entries;
  for (const Network& candidate : networks()) entries.push_back(candidate.entry);
  return entries;
}

CatalogueEntry require_network(const std::string& name) { return find_network(name).entry; }

CatalogueEntry require_classifier(const std::string& name) {
  const CatalogueEntry& entry = find_network(name).entry;
  if (entry.task == NetworkTask::classify) return entry;
  std::vector<std::string> classifiers;
  for (const Network& candidate : networks())
    if (candidate.entry.task == NetworkTask::classify) classifiers.push_back(candidate.entry.name);
  throw OptionError(fmt::format("model \"{}\" gives a class for every pixel, where one for the image is wanted; classifiers: {}", name,
                                fmt::join(classifiers, ", ")));
}

Json network_architecture(const std::string& name, const NetworkInput& input, std::int64_t classes, const Json& options) {
  const Network& chosen = find_network(name);
  const std::string where = "model options of " + name;
  Json partial = options.is_null() ? Json::object() : options;
  if (!partial.is_object()) throw OptionError(fmt::format("{}: expected a JSON object, found {}", where, partial.type_name()));
  // What the data decides is not the user's to set.
  for (const char* key : {"name", "height", "width", "channels", "classes", "samples"})
    if (partial.contains(key)) throw OptionError(fmt::format("{}: \"{}\" follows from the data and cannot be set", where, key));
  const Json defaults = default_architecture(name);
  partial["classes"] = classes;
  partial["channels"] = input.channels;
  if (defaults.contains("height")) partial["height"] = input.height;
  if (defaults.contains("width")) partial["width"] = input.width;
  return chosen.complete(partial, where);
}

Json default_architecture(const std::string& name) { return find_network(name).complete(Json::object(), "model options of " + name); }

std::unique_ptr<Layer> build_network(const Json& architecture, const std::string& where) {
  return find_network(name_of(architecture, where)).build(architecture, where);
}

std::unique_ptr<Layer> build_classifier(const Json& architecture, const std::string& where) {
  require_classifier(name_of(architecture, where));
  return build_network(architecture, where);
}

}  // namespace fovea
