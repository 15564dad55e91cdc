#include "fovea/pipelines/catalogue.hpp"

#include <fmt/ranges.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/models/lenet5.hpp"
#include "fovea/models/lenet5_classic.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/resnet_mini.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/models/vgg16.hpp"

namespace fovea {

namespace {

// Each network's options as JSON, both ways. Reading fills what is there and leaves the rest at its default.

Json to_json(const LeNet5Options& o) {
  return {{"height", o.height},     {"width", o.width},       {"channels", o.channels}, {"classes", o.classes},
          {"filters1", o.filters1}, {"filters2", o.filters2}, {"hidden", o.hidden}};
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

Json to_json(const LeNet5ClassicOptions& o) {
  return {{"height", o.height}, {"width", o.width}, {"channels", o.channels}, {"classes", o.classes}};
}

void read(const Json& json, LeNet5ClassicOptions& o, const std::string& where) {
  read_option(json, "height", o.height, where);
  read_option(json, "width", o.width, where);
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
}

Json to_json(const ResNetMiniOptions& o) {
  return {{"channels", o.channels}, {"classes", o.classes}, {"widths", o.widths}, {"blocks", o.blocks}};
}

void read(const Json& json, ResNetMiniOptions& o, const std::string& where) {
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "widths", o.widths, where);
  read_option(json, "blocks", o.blocks, where);
}

/// Stem, kind and number of blocks follow from the name.
Json to_json(const ResNetOptions& o) { return {{"channels", o.channels}, {"classes", o.classes}, {"widths", o.widths}}; }

void read(const Json& json, ResNetOptions& o, const std::string& where) {
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "widths", o.widths, where);
}

Json to_json(const Vgg16Options& o) {
  return {{"height", o.height}, {"width", o.width},   {"channels", o.channels}, {"classes", o.classes},
          {"widths", o.widths}, {"hidden", o.hidden}, {"dropout", o.dropout}};
}

void read(const Json& json, Vgg16Options& o, const std::string& where) {
  read_option(json, "height", o.height, where);
  read_option(json, "width", o.width, where);
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "widths", o.widths, where);
  read_option(json, "hidden", o.hidden, where);
  read_option(json, "dropout", o.dropout, where);
}

Json to_json(const UNetOptions& o) { return {{"channels", o.channels}, {"classes", o.classes}, {"widths", o.widths}}; }

void read(const Json& json, UNetOptions& o, const std::string& where) {
  read_option(json, "channels", o.channels, where);
  read_option(json, "classes", o.classes, where);
  read_option(json, "widths", o.widths, where);
}

struct Network {
  CatalogueEntry entry;
  /// The complete description behind a partial one; unknown keys are errors.
  std::function<Json(const Json& partial, const std::string& where)> complete;
  std::function<std::unique_ptr<Layer>(const Json& architecture, const std::string& where)> build;
};

/// `defaults` are the options that the name stands for.
template <class Model, class Options>
Network network(CatalogueEntry entry, const Options& defaults = {}) {
  const auto describe = [name = entry.name](const Options& options) {
    Json json = {{"name", name}};
    json.update(to_json(options));
    return json;
  };
  const auto options_from = [defaults, describe](const Json& json, const std::string& where) {
    std::vector<std::string> known;
    const Json description = describe(defaults);
    for (const auto& [key, value] : description.items()) known.push_back(key);
    require_known_keys(json, known, where);
    Options options = defaults;
    read(json, options, where);
    return options;
  };
  return {.entry = std::move(entry),
          .complete = [=](const Json& partial, const std::string& where) { return describe(options_from(partial, where)); },
          .build = [=](const Json& architecture, const std::string& where) -> std::unique_ptr<Layer> {
            return std::make_unique<Model>(options_from(architecture, where));
          }};
}

Network resnet(int depth) {
  CatalogueEntry entry{fmt::format("resnet{}", depth), fmt::format("ResNet-{} for photographs", depth), 224};
  return network<ResNet, ResNetOptions>(std::move(entry), resnet_options(depth));
}

const std::vector<Network>& networks() {
  static const std::vector<Network> all = {
      network<LeNet5, LeNet5Options>({"lenet5", "LeNet-5 with 20 and 50 filters and 500 hidden units", 28}),
      network<LeNet5Classic, LeNet5ClassicOptions>({"lenet5-classic", "LeNet-5 with 6 and 16 filters, 120 and 84 hidden units", 28}),
      network<ResNetMini, ResNetMiniOptions>({"resnet-mini", "small residual network for small images", 32}),
      network<ResNet, ResNetOptions>({"resnet18-cifar", "ResNet-18 for images of about 32x32", 32}, resnet18_cifar_options()),
      resnet(18),
      resnet(34),
      resnet(50),
      resnet(101),
      resnet(152),
      network<Vgg16, Vgg16Options>({"vgg16", "VGG-16 for photographs", 224}),
      network<UNet, UNetOptions>({"unet", "U-Net with batch norm: a class for every pixel", 256, NetworkTask::segment}),
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
  for (const char* key : {"name", "height", "width", "channels", "classes"})
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
