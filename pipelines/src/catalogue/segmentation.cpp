// Networks that give a class for every pixel.
#include <fmt/format.h>

#include <algorithm>

#include "families.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/models/backbone_unet.hpp"
#include "fovea/models/deeplab.hpp"
#include "fovea/models/fcn.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/models/unpooling_network.hpp"

namespace fovea {

namespace {

using Norm = DoubleConvOptions::Norm;

template <class Value>
using NamedValues = std::vector<std::pair<std::string, Value>>;

const NamedValues<EdgeFill> kEdges = {{"mirror", EdgeFill::mirror}, {"zero", EdgeFill::zero}};
const NamedValues<Norm> kNorms = {{"none", Norm::none}, {"batch", Norm::batch}, {"group", Norm::group}};
const NamedValues<UNetOptions::Border> kBorders = {
    {"same", UNetOptions::Border::same}, {"valid", UNetOptions::Border::valid}, {"mirror", UNetOptions::Border::mirror}};
const NamedValues<UNetOptions::Up> kUps = {{"transposed", UNetOptions::Up::transposed}, {"bilinear", UNetOptions::Up::bilinear}};

/// Throws OptionError naming the key and the known names.
template <class Value>
Value value_named(const NamedValues<Value>& values, const char* key, const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [known, value] : values) {
    if (known == name) return value;
    names.push_back(known);
  }
  throw OptionError(where + ": " + unknown_name_message(key, name, names));
}

// Options as descriptions hold them: choices by name, a backbone by its own description.

struct UNetDescription : UNetOptions {
  std::string border_name = "same", norm_name = "batch", up_name = "transposed", edges_name = "mirror";
};

struct UnpoolingDescription : UnpoolingNetworkOptions {
  std::string edges_name = "mirror";
};

struct OnBackbone {
  std::int64_t channels = 3;
  Json backbone;
  std::string edges_name = "mirror";
};

struct BackboneUNetDescription : BackboneUNetOptions, OnBackbone {
  std::string norm_name = "batch";
};

struct FcnDescription : FcnOptions, OnBackbone {};

struct DeepLabDescription : DeepLabOptions, OnBackbone {
  std::int64_t width = AtrousPyramidOptions{}.width;
  std::vector<std::int64_t> rates = AtrousPyramidOptions{}.rates;
  double dropout = AtrousPyramidOptions{}.dropout;
};

OptionError no_backbone(const std::string& name, const std::string& where) {
  return OptionError(fmt::format("{}: model \"{}\" has no feature maps that others could build on", where, name));
}

/// The complete description of a backbone without a classifier, from its name or from its name and some of its options.
Json complete_backbone(const Json& given, std::int64_t channels, const std::string& where) {
  Json options = given.is_string() ? Json{{"name", given}} : given;
  if (!options.is_object())
    throw OptionError(fmt::format("{}: \"backbone\" is a name or an object with a \"name\", found {}", where, given.dump()));
  require_keys(options, std::vector<std::string>{"name"}, where + ", backbone");
  std::string name;
  read_option(options, "name", name, where + ", backbone");
  if (default_architecture(name).contains("height")) throw no_backbone(name, where);  // made for images of one size
  for (const char* key : {"name", "channels", "classes"}) options.erase(key);         // they follow from the whole network
  return network_architecture(name, {.channels = channels}, 0, options);
}

std::unique_ptr<Backbone> build_backbone(const Json& description, const std::string& where) {
  std::unique_ptr<Layer> network = build_network(description, where + ", backbone");
  auto* const backbone = dynamic_cast<Backbone*>(network.get());
  if (backbone == nullptr) throw no_backbone(description.at("name").get<std::string>(), where);
  network.release();
  return std::unique_ptr<Backbone>(backbone);
}

/// For options that depend on no others.
constexpr auto kAsGiven = [](auto&, const auto&) {};

Network unet() {
  using D = UNetDescription;
  const auto make = [](D d, const std::string& where) -> std::unique_ptr<Layer> {
    d.border = value_named(kBorders, "border", d.border_name, where);
    d.norm = value_named(kNorms, "norm", d.norm_name, where);
    d.up = value_named(kUps, "up", d.up_name, where);
    d.edges = value_named(kEdges, "edges", d.edges_name, where);
    return std::make_unique<UNet>(d);
  };
  return described_network<D>({"unet", "U-Net: padded or as published, with norms or without", 256, NetworkTask::segment},
                              {{"channels", &D::channels},
                               {"classes", &D::classes},
                               {"widths", &D::widths},
                               {"border", &D::border_name},
                               {"norm", &D::norm_name},
                               {"up", &D::up_name},
                               {"dropout", &D::dropout},
                               {"edges", &D::edges_name}},
                              {}, kAsGiven, make);
}

/// `Model(backbone, options)` where `options_of(description, where)` reads the choices; `adapt(backbone, given)` changes a backbone's
/// complete description where nothing was given.
template <class Model, class D, class OptionsOf, class Adapt>
Network on_backbone(CatalogueEntry entry, OptionFields<D> fields, D defaults, OptionsOf options_of, Adapt adapt) {
  fields.insert(fields.begin(), {{"channels", &D::channels}, {"classes", &D::classes}, {"backbone", &D::backbone}});
  fields.push_back({"edges", &D::edges_name});
  const auto complete = [adapt](D& d, const std::string& where) {
    Json backbone = complete_backbone(d.backbone, d.channels, where);
    adapt(backbone, d.backbone.is_object() ? d.backbone : Json::object());
    d.backbone = std::move(backbone);
  };
  const auto make = [options_of](D d, const std::string& where) -> std::unique_ptr<Layer> {
    d.edges = value_named(kEdges, "edges", d.edges_name, where);
    return std::make_unique<Model>(build_backbone(d.backbone, where), options_of(d, where));
  };
  return described_network<D>(std::move(entry), fields, defaults, complete, make);
}

/// Sets an option that the backbone has and nobody gave.
auto preferring(const char* key, const Json& value) {
  return [key, value](Json& backbone, const Json& given) {
    if (backbone.contains(key) && !given.contains(key)) backbone[key] = value;
  };
}

Network unet_on_backbone() {
  using D = BackboneUNetDescription;
  D defaults;
  defaults.backbone = "resnet34";
  return on_backbone<BackboneUNet, D>(
      {"unet-backbone", "U-Net whose way down is a classifier's", 256, NetworkTask::segment},
      {{"decoder_width", &D::width}, {"most_decoder_width", &D::most_width}, {"norm", &D::norm_name}}, defaults,
      [](D d, const std::string& where) {
        d.norm = value_named(kNorms, "norm", d.norm_name, where);
        return BackboneUNetOptions(d);
      },
      kAsGiven);
}

Network fcn(std::int64_t finest) {
  using D = FcnDescription;
  D defaults;
  defaults.backbone = "vgg16";
  defaults.finest = finest;
  return on_backbone<Fcn, D>(
      {fmt::format("fcn{}s", finest), fmt::format("fully convolutional network whose finest scores are {} pixels apart", finest), 224,
       NetworkTask::segment},
      {{"hidden", &D::hidden}, {"dropout", &D::dropout}}, defaults, [](const D& d, const std::string&) { return FcnOptions(d); },
      preferring("pooled_maps", true));
}

Network deeplab() {
  using D = DeepLabDescription;
  D defaults;
  defaults.backbone = "resnet50";
  return on_backbone<DeepLab, D>(
      {"deeplabv3", "atrous pyramid on a dilated backbone (DeepLabv3)", 224, NetworkTask::segment},
      {{"pyramid_width", &D::width}, {"rates", &D::rates}, {"dropout", &D::dropout}}, defaults,
      [](D d, const std::string&) {
        d.pyramid = {.width = d.width, .rates = d.rates, .dropout = d.dropout};
        return DeepLabOptions(d);
      },
      preferring("output_stride", 8));
}

Network unpooling(const char* name, const char* summary, std::int64_t hidden) {
  using D = UnpoolingDescription;
  D defaults;
  defaults.hidden = hidden;
  const auto make = [](D d, const std::string& where) -> std::unique_ptr<Layer> {
    d.edges = value_named(kEdges, "edges", d.edges_name, where);
    return std::make_unique<UnpoolingNetwork>(d);
  };
  OptionFields<D> fields = {
      {"channels", &D::channels}, {"classes", &D::classes}, {"convolutions", &D::convolutions}, {"widths", &D::widths}};
  if (hidden != 0) fields.push_back({"hidden", &D::hidden});
  fields.push_back({"edges", &D::edges_name});
  return described_network<D>({name, summary, 224, NetworkTask::segment}, fields, defaults, kAsGiven, make);
}

}  // namespace

std::vector<Network> segmentation_networks() {
  return {unet(),
          unet_on_backbone(),
          fcn(8),
          fcn(16),
          fcn(32),
          unpooling("segnet", "SegNet: VGG-16 down, and up again by the places of its maxima", 0),
          unpooling("deconvnet", "deconvolution network: SegNet's way with hidden layers of 7x7 between", 4096),
          deeplab()};
}

}  // namespace fovea
