#include "fovea/data/detection_source.hpp"

#include <algorithm>
#include <span>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/box_csv.hpp"
#include "fovea/data/box_text.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/instance_masks.hpp"
#include "fovea/data/voc.hpp"
#include "fovea/data/yolo.hpp"

namespace fovea {

namespace {

using Path = std::filesystem::path;
using Options = DetectionDataOptions;

struct TruthScheme {
  const char* name;
  DetectionDataset (*read)(const Path&, const Options&);
  std::vector<std::string> (*splits)(const Path&);
};

std::vector<std::string> one_split(const Path&) { return {"all"}; }

constexpr TruthScheme kTruth[] = {
    {"coco", [](const Path& path, const Options& options) { return read_coco_instances(path, options.findings); }, one_split},
    {"voc", [](const Path& path, const Options& options) { return read_voc(path, options.split, options.names, options.findings); },
     voc_splits},
    {"yolo",
     [](const Path& path, const Options& options) {
       return read_yolo(path, {options.split, options.names, options.image_root, nullptr, options.findings});
     },
     yolo_splits},
    {"masks",
     [](const Path& path, const Options& options) {
       return options.names.empty() ? read_instance_masks(path) : read_instance_masks(path, {.name = options.names.front()});
     },
     one_split},
    {"csv", [](const Path& path, const Options& options) { return read_box_csv(path, options.names, options.findings); }, one_split},
    {"boxtxt-xyxy",
     [](const Path& path, const Options& options) { return read_box_text(path, BoxTextForm::corners, options.names, options.findings); },
     one_split},
    {"boxtxt-xywh",
     [](const Path& path, const Options& options) { return read_box_text(path, BoxTextForm::size, options.names, options.findings); },
     one_split},
};

struct ResultScheme {
  const char* name;
  DetectionResults (*read)(const Path&, const DetectionDataset&, const Options&);
};

constexpr ResultScheme kResults[] = {
    {"results", [](const Path& path, const DetectionDataset& truth, const Options&) { return read_coco_results(path, truth); }},
    {"coco", [](const Path& path, const DetectionDataset& truth, const Options&) { return read_coco_scored_instances(path, truth); }},
    {"csv", [](const Path& path, const DetectionDataset& truth,
               const Options& options) { return read_box_csv_results(path, truth, options.names); }},
    {"boxtxt-xyxy", [](const Path& path, const DetectionDataset& truth,
                       const Options& options) { return read_box_text_results(path, BoxTextForm::corners, truth, options.names); }},
    {"boxtxt-xywh", [](const Path& path, const DetectionDataset& truth,
                       const Options& options) { return read_box_text_results(path, BoxTextForm::size, truth, options.names); }},
};

/// The scheme of a source and its path. Throws OptionError for an unknown one.
template <class Scheme>
std::pair<const Scheme*, Path> find_scheme(const std::string& source, std::span<const Scheme> schemes) {
  std::vector<std::string> known;
  for (const Scheme& scheme : schemes) known.emplace_back(scheme.name);
  const DataSource parsed = parse_data_source(source, known);
  const auto found = std::find(known.begin(), known.end(), parsed.scheme);
  return {&schemes[static_cast<std::size_t>(found - known.begin())], parsed.path};
}

/// COCO has two forms of results: a list, and instances with scores, which `fovea predict` writes.
std::string scheme_of_file(const Path& path) {
  const std::string text = read_text_file(path);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{' ? "coco" : "results";
}

}  // namespace

DetectionDataset open_detection_data(const std::string& source, const DetectionDataOptions& options) {
  const auto [scheme, path] = find_scheme(source, std::span<const TruthScheme>(kTruth));
  return scheme->read(path, options);
}

std::vector<std::string> detection_splits(const std::string& source) {
  const auto [scheme, path] = find_scheme(source, std::span<const TruthScheme>(kTruth));
  return scheme->splits(path);
}

DetectionResults open_detection_results(const std::string& source, const DetectionDataset& truth, const DetectionDataOptions& options) {
  const bool bare = source.find(':') == std::string::npos;
  const auto [scheme, path] = find_scheme(bare ? scheme_of_file(source) + ":" + source : source, std::span<const ResultScheme>(kResults));
  return scheme->read(path, truth, options);
}

}  // namespace fovea
