#include "fovea/pipelines/detector_catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/detection/anchor_head.hpp"
#include "fovea/detection/center_head.hpp"
#include "fovea/detection/grid_head.hpp"
#include "fovea/detection/region_head.hpp"
#include "fovea/detection/retina_head.hpp"
#include "fovea/detection/ssd_head.hpp"
#include "fovea/models/darknet.hpp"
#include "fovea/models/extra_maps.hpp"
#include "fovea/models/mobilenet_v1.hpp"
#include "fovea/models/mobilenet_v2.hpp"
#include "fovea/models/passthrough.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/vgg.hpp"
#include "fovea/models/vgg_atrous.hpp"

namespace fovea {

namespace {

struct DetectorOptions {
  std::int64_t classes = 80;
  std::string backbone = "darknet-tiny";
  double width = 1;
  std::int64_t stages = 6;  // of darknet-tiny
  std::int64_t finest = 16;
  std::int64_t neck = 0, extra_levels = 0;
  std::string neck_kind = "pyramid";
  std::string head = "anchor";
  std::int64_t head_channels = 0, head_layers = 1;
  bool depthwise = false;
  std::vector<std::vector<AnchorSize>> anchors = {};
};

struct NamedDetector {
  DetectorEntry entry;
  DetectorOptions defaults;
};

/// SSD300's default boxes: 0.1 of the image on the finest map, from 0.2 to 0.9 on the others (Liu et al. 2016, section 3.1).
std::vector<std::vector<AnchorSize>> ssd300_anchors() {
  std::vector<double> sides{0.1};
  for (const double side : ssd_sides(5)) sides.push_back(side);
  sides.push_back(1.075);  // of the square between the last side and the next
  return ssd_anchors(300, sides, std::vector<std::vector<double>>{{2}, {2, 3}, {2, 3}, {2, 3}, {2}, {2}});
}

/// SSDLite's for images of 320: six maps from 0.2 to 0.95 (Howard et al., "Searching for MobileNetV3", ICCV 2019, section 6.3).
std::vector<std::vector<AnchorSize>> ssdlite_anchors() {
  std::vector<double> sides = ssd_sides(6, 0.2, 0.95);
  sides.push_back(1);
  return ssd_anchors(320, sides, std::vector<std::vector<double>>(6, {2, 3}));
}

const std::vector<NamedDetector>& detectors() {
  // The anchors are those of Redmon's configurations for COCO, for 416 pixels; `fovea anchors` finds those of a data set.
  static const std::vector<AnchorSize> kRegionAnchors = {{18, 22}, {60, 66}, {107, 175}, {252, 113}, {313, 293}};
  static const std::vector<NamedDetector> all = {
      {{"yolo-grid", "the first YOLO's grid of cells on a tiny Darknet", 448}, {.finest = 32, .head = "grid", .head_channels = 256}},
      {{"yolov2", "YOLOv2: anchors on one map of Darknet-19, with a passthrough of the finer one", 416},
       {.backbone = "darknet19",
        .finest = 16,
        .neck = 1024,
        .neck_kind = "passthrough",
        .head = "region",
        .head_channels = 1024,
        .head_layers = 1,
        .anchors = {kRegionAnchors}}},
      {{"yolov2-tiny", "YOLOv2's anchors on one map of a tiny Darknet", 416},
       {.finest = 32, .head = "region", .head_channels = 512, .head_layers = 2, .anchors = {kRegionAnchors}}},
      {{"yolov3-tiny", "YOLOv3's anchors on a tiny Darknet and a feature pyramid", 416},
       {.neck = 128, .head_channels = 256, .anchors = {{{10, 14}, {23, 27}, {37, 58}}, {{81, 82}, {135, 169}, {344, 319}}}}},
      {{"yolov3", "YOLOv3's anchors on Darknet-53 and a feature pyramid", 416},
       {.backbone = "darknet53",
        .finest = 8,
        .neck = 256,
        .head_channels = 512,
        .anchors = {{{10, 13}, {16, 30}, {33, 23}}, {{30, 61}, {62, 45}, {59, 119}}, {{116, 90}, {156, 198}, {373, 326}}}}},
      {{"center-tiny", "anchor-free, on a tiny Darknet and a feature pyramid", 416},
       {.width = 0.5, .finest = 8, .neck = 64, .head = "center", .head_channels = 64, .head_layers = 2}},
      {{"center-mobile", "anchor-free, filters per channel throughout: a small network for small machines", 320},
       {.backbone = "mobilenet-v1",
        .width = 0.25,
        .finest = 8,
        .neck = 64,
        .head = "center",
        .head_channels = 64,
        .head_layers = 2,
        .depthwise = true}},
      {{"retinanet", "RetinaNet: focal loss on a feature pyramid of ResNet-50", 640},
       {.backbone = "resnet50", .finest = 8, .neck = 256, .extra_levels = 2, .head = "retina", .head_channels = 256, .head_layers = 4}},
      {{"retinanet-tiny", "the same on a tiny Darknet, half as wide", 320},
       {.width = 0.5, .finest = 8, .neck = 64, .extra_levels = 2, .head = "retina", .head_channels = 64, .head_layers = 2}},
      {{"ssd300", "SSD: default boxes on six maps of VGG-16 and what follows it", 300},
       {.backbone = "vgg16-atrous", .finest = 8, .neck_kind = "ssd300", .head = "ssd", .anchors = ssd300_anchors()}},
      {{"ssdlite", "SSD's default boxes on MobileNet V2, filters per channel in the head", 320},
       {.backbone = "mobilenet-v2",
        .finest = 16,
        .neck = 256,
        .extra_levels = 4,
        .neck_kind = "extra",
        .head = "ssd",
        .depthwise = true,
        .anchors = ssdlite_anchors()}},
  };
  return all;
}

const NamedDetector& find_detector(const std::string& name) {
  std::vector<std::string> names;
  for (const NamedDetector& candidate : detectors()) {
    if (candidate.entry.name == name) return candidate;
    names.push_back(candidate.entry.name);
  }
  throw OptionError(unknown_name_message("detector", name, names));
}

Json to_json(const std::string& name, const DetectorOptions& o) {
  Json anchors = Json::array();
  for (const auto& of_map : o.anchors) {
    Json list = Json::array();
    for (const AnchorSize& anchor : of_map) list.push_back({anchor.width, anchor.height});
    anchors.push_back(list);
  }
  return {{"name", name},
          {"classes", o.classes},
          {"backbone", o.backbone},
          {"width", o.width},
          {"stages", o.stages},
          {"finest", o.finest},
          {"neck", o.neck},
          {"neck_kind", o.neck_kind},
          {"extra_levels", o.extra_levels},
          {"head", o.head},
          {"head_channels", o.head_channels},
          {"head_layers", o.head_layers},
          {"depthwise", o.depthwise},
          {"anchors", anchors}};
}

std::vector<std::vector<AnchorSize>> anchors_from(const Json& json, const std::string& where) {
  std::vector<std::vector<AnchorSize>> anchors;
  try {
    for (const auto& of_map : json.get<std::vector<std::vector<std::array<float, 2>>>>()) {
      anchors.emplace_back();
      for (const auto& [width, height] : of_map) {
        if (!(width > 0 && height > 0))
          throw OptionError(fmt::format("{}: an anchor's sides are more than 0, found {} x {}", where, width, height));
        anchors.back().push_back({width, height});
      }
    }
  } catch (const nlohmann::json::exception&) {
    throw OptionError(
        fmt::format("{}: \"anchors\" is a list, for each feature map, of lists of [width, height], found {}", where, json.dump()));
  }
  return anchors;
}

DetectorOptions options_from(const Json& json, const DetectorOptions& defaults, const std::string& where) {
  std::vector<std::string> known;
  const Json all = to_json("", defaults);
  for (const auto& [key, value] : all.items()) known.push_back(key);
  require_known_keys(json, known, where);
  DetectorOptions options = defaults;
  read_option(json, "classes", options.classes, where);
  read_option(json, "backbone", options.backbone, where);
  read_option(json, "width", options.width, where);
  read_option(json, "stages", options.stages, where);
  read_option(json, "finest", options.finest, where);
  read_option(json, "neck", options.neck, where);
  read_option(json, "neck_kind", options.neck_kind, where);
  read_option(json, "extra_levels", options.extra_levels, where);
  read_option(json, "head", options.head, where);
  read_option(json, "head_channels", options.head_channels, where);
  read_option(json, "head_layers", options.head_layers, where);
  read_option(json, "depthwise", options.depthwise, where);
  if (json.contains("anchors")) options.anchors = anchors_from(json["anchors"], where);
  return options;
}

/// ResNet's stages as wide as is wished.
ResNetOptions resnet_of(int depth, double width) {
  if (!(width > 0 && width <= 16)) throw OptionError(fmt::format("the width of a ResNet is in (0, 16], found {}", width));
  ResNetOptions options = resnet_options(depth);
  options.classes = 0;
  for (std::int64_t& channels : options.widths) channels = std::max<std::int64_t>(1, std::lround(static_cast<double>(channels) * width));
  return options;
}

VggOptions vgg_of(int depth) {
  VggOptions options = vgg_options(depth, true);
  options.classes = 0;
  return options;
}

std::unique_ptr<Backbone> make_backbone(const DetectorOptions& o) {
  using Maker = std::function<std::unique_ptr<Backbone>()>;
  const auto resnet = [&o](int depth) { return [&o, depth] { return std::make_unique<ResNet>(resnet_of(depth, o.width)); }; };
  const std::vector<std::pair<std::string, Maker>> makers = {
      {"darknet-tiny",
       [&] { return std::make_unique<DarknetTiny>(DarknetTinyOptions{.classes = 0, .width_multiplier = o.width, .stages = o.stages}); }},
      {"darknet19", [] { return std::make_unique<Darknet19>(DarknetOptions{.classes = 0}); }},
      {"darknet53", [] { return std::make_unique<Darknet53>(DarknetOptions{.classes = 0}); }},
      {"mobilenet-v1", [&] { return std::make_unique<MobileNetV1>(MobileNetV1Options{.classes = 0, .width_multiplier = o.width}); }},
      {"mobilenet-v2", [&] { return std::make_unique<MobileNetV2>(MobileNetV2Options{.classes = 0, .width_multiplier = o.width}); }},
      {"resnet18", resnet(18)},
      {"resnet34", resnet(34)},
      {"resnet50", resnet(50)},
      {"resnet101", resnet(101)},
      {"vgg16-bn", [] { return std::make_unique<Vgg>(vgg_of(16)); }},
      {"vgg16-atrous", [&] { return std::make_unique<VggAtrous>(VggAtrousOptions{.width_multiplier = o.width}); }},
  };
  std::vector<std::string> known;
  for (const auto& [name, make] : makers) {
    if (name == o.backbone) return make();
    known.push_back(name);
  }
  throw OptionError(unknown_name_message("backbone", o.backbone, known));
}

/// Null for none.
std::unique_ptr<Neck> make_neck(const DetectorOptions& o, const std::vector<FeatureMapShape>& maps) {
  if (o.neck_kind == "ssd300") return std::make_unique<ExtraMaps>(maps, ssd300_extra_maps());
  if (o.neck_kind == "pyramid") {
    if (o.neck == 0 && o.extra_levels == 0) return nullptr;
    return std::make_unique<FeaturePyramid>(
        maps, FeaturePyramidOptions{.channels = o.neck, .depthwise = o.depthwise, .extra_levels = o.extra_levels});
  }
  if (o.neck_kind == "passthrough")
    return std::make_unique<Passthrough>(maps, PassthroughOptions{.channels = o.neck, .finer = std::max<std::int64_t>(4, o.neck / 64 * 4)});
  if (o.neck_kind == "extra") {
    const std::vector<ExtraMap> extra(static_cast<std::size_t>(std::clamp<std::int64_t>(o.extra_levels, 0, 8)), {.channels = o.neck});
    return std::make_unique<ExtraMaps>(maps, ExtraMapsOptions{.maps = extra, .depthwise = o.depthwise});
  }
  const std::vector<std::string> known = {"pyramid", "passthrough", "extra", "ssd300"};
  throw OptionError(unknown_name_message("neck", o.neck_kind, known));
}

std::unique_ptr<DetectionHead> make_head(const DetectorOptions& o, const std::vector<FeatureMapShape>& maps) {
  if (o.head == "grid") return std::make_unique<GridHead>(maps, GridHeadOptions{.classes = o.classes, .channels = o.head_channels});
  if (o.head == "anchor")
    return std::make_unique<AnchorHead>(maps, AnchorHeadOptions{.classes = o.classes, .anchors = o.anchors, .channels = o.head_channels});
  if (o.head == "center")
    return std::make_unique<CenterHead>(
        maps, CenterHeadOptions{.classes = o.classes, .channels = o.head_channels, .layers = o.head_layers, .depthwise = o.depthwise});
  if (o.head == "region") {
    if (o.anchors.size() != 1)
      throw OptionError(fmt::format("a region head has the anchors of one feature map, found {} lists", o.anchors.size()));
    return std::make_unique<RegionHead>(
        maps, RegionHeadOptions{.classes = o.classes, .anchors = o.anchors[0], .channels = o.head_channels, .layers = o.head_layers});
  }
  if (o.head == "retina")
    return std::make_unique<RetinaHead>(
        maps, RetinaHeadOptions{.classes = o.classes, .anchors = o.anchors, .channels = o.head_channels, .layers = o.head_layers});
  if (o.head == "ssd")
    return std::make_unique<SsdHead>(maps, SsdHeadOptions{.classes = o.classes, .anchors = o.anchors, .depthwise = o.depthwise});
  const std::vector<std::string> known = {"grid", "region", "anchor", "center", "retina", "ssd"};
  throw OptionError(unknown_name_message("head", o.head, known));
}

}  // namespace

std::vector<DetectorEntry> detector_catalogue() {
  std::vector<DetectorEntry> entries;
  for (const NamedDetector& detector : detectors()) entries.push_back(detector.entry);
  return entries;
}

DetectorEntry require_detector(const std::string& name) { return find_detector(name).entry; }

Json detector_architecture(const std::string& name, std::int64_t classes, const Json& options) {
  const std::string where = "model options of " + name;
  const DetectorOptions& defaults = find_detector(name).defaults;
  for (const char* key : {"name", "classes"})
    if (options.contains(key)) throw OptionError(fmt::format("{}: \"{}\" follows from the data and cannot be set", where, key));
  DetectorOptions complete = options_from(options, defaults, where);
  complete.classes = classes;
  return to_json(name, complete);
}

std::unique_ptr<OneStageDetector> build_detector(const Json& architecture, const std::string& where) {
  std::string name;
  read_option(architecture, "name", name, where);
  const DetectorOptions options = options_from(architecture, find_detector(name).defaults, where);
  auto backbone = make_backbone(options);
  std::vector<FeatureMapShape> maps = backbone->output_shape(options.finest);
  if (maps.empty()) throw OptionError(fmt::format("{}: the backbone has no map with a stride of {} or more", where, options.finest));
  std::unique_ptr<Neck> neck = make_neck(options, maps);
  if (neck != nullptr) maps = neck->output_shape();
  auto head = make_head(options, maps);
  return std::make_unique<OneStageDetector>(std::move(backbone), std::move(neck), std::move(head), options.finest);
}

}  // namespace fovea
