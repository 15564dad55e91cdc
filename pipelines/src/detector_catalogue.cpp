#include "fovea/pipelines/detector_catalogue.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/detection/anchor_head.hpp"
#include "fovea/detection/center_head.hpp"
#include "fovea/detection/grid_head.hpp"
#include "fovea/models/darknet.hpp"
#include "fovea/models/mobilenet_v1.hpp"

namespace fovea {

namespace {

struct DetectorOptions {
  std::int64_t classes = 80;
  std::string backbone = "darknet-tiny";
  double width = 1;
  std::int64_t stages = 6;  // of darknet-tiny
  std::int64_t finest = 16;
  std::int64_t neck = 0;
  std::string head = "anchor";
  std::int64_t head_channels = 0, head_layers = 1;
  bool depthwise = false;
  std::vector<std::vector<AnchorSize>> anchors = {};
};

struct NamedDetector {
  DetectorEntry entry;
  DetectorOptions defaults;
};

const std::vector<NamedDetector>& detectors() {
  // The anchors are those of Redmon's configurations for COCO, for 416 pixels; `fovea anchors` finds those of a data set.
  static const std::vector<NamedDetector> all = {
      {{"yolo-grid", "the first YOLO's grid of cells on a tiny Darknet", 448}, {.finest = 32, .head = "grid", .head_channels = 256}},
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
  read_option(json, "head", options.head, where);
  read_option(json, "head_channels", options.head_channels, where);
  read_option(json, "head_layers", options.head_layers, where);
  read_option(json, "depthwise", options.depthwise, where);
  if (json.contains("anchors")) options.anchors = anchors_from(json["anchors"], where);
  return options;
}

std::unique_ptr<Backbone> make_backbone(const DetectorOptions& o) {
  if (o.backbone == "darknet-tiny")
    return std::make_unique<DarknetTiny>(DarknetTinyOptions{.classes = 0, .width_multiplier = o.width, .stages = o.stages});
  if (o.backbone == "darknet19") return std::make_unique<Darknet19>(DarknetOptions{.classes = 0});
  if (o.backbone == "darknet53") return std::make_unique<Darknet53>(DarknetOptions{.classes = 0});
  if (o.backbone == "mobilenet-v1") return std::make_unique<MobileNetV1>(MobileNetV1Options{.classes = 0, .width_multiplier = o.width});
  const std::vector<std::string> known = {"darknet-tiny", "darknet19", "darknet53", "mobilenet-v1"};
  throw OptionError(unknown_name_message("backbone", o.backbone, known));
}

std::unique_ptr<DetectionHead> make_head(const DetectorOptions& o, const std::vector<FeatureMapShape>& maps) {
  if (o.head == "grid") return std::make_unique<GridHead>(maps, GridHeadOptions{.classes = o.classes, .channels = o.head_channels});
  if (o.head == "anchor")
    return std::make_unique<AnchorHead>(maps, AnchorHeadOptions{.classes = o.classes, .anchors = o.anchors, .channels = o.head_channels});
  if (o.head == "center")
    return std::make_unique<CenterHead>(
        maps, CenterHeadOptions{.classes = o.classes, .channels = o.head_channels, .layers = o.head_layers, .depthwise = o.depthwise});
  const std::vector<std::string> known = {"grid", "anchor", "center"};
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
  std::unique_ptr<Neck> neck;
  if (options.neck != 0) {
    const FeaturePyramidOptions pyramid{.channels = options.neck, .depthwise = options.depthwise};
    neck = std::make_unique<FeaturePyramid>(maps, pyramid);
    maps = neck->output_shape();
  }
  auto head = make_head(options, maps);
  return std::make_unique<OneStageDetector>(std::move(backbone), std::move(neck), std::move(head), options.finest);
}

}  // namespace fovea
