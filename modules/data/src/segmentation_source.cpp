#include "fovea/data/segmentation_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/data/panoptic.hpp"
#include "fovea/data/splits.hpp"
#include "label_png_dataset.hpp"

namespace fovea {

namespace {

namespace fs = std::filesystem;
using Options = SegmentationDataOptions;

constexpr const char* kNamesFile = "classes.txt";

struct NamedSegmentation {
  std::string name;
  SegmentationDatasetPtr dataset;
};

/// The splits of a source as its format has them; "all" alone when it has none.
struct FoundSplits {
  std::vector<NamedSegmentation> splits;
  std::vector<std::string> notes;
};

/// 0 to count - 1, or the values in the files.
std::vector<std::string> numbers_as_names(std::size_t count, const std::vector<int>& values) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(values.empty() ? static_cast<int>(i) : values[i]));
  return names;
}

void check_values(const Options& options) {
  std::vector<int> values = options.values;
  std::sort(values.begin(), values.end());
  if (options.ignored && std::binary_search(values.begin(), values.end(), *options.ignored))
    throw OptionError(fmt::format("the label value {} stands for a class and is ignored", *options.ignored));
  if (std::adjacent_find(values.begin(), values.end()) != values.end()) throw OptionError("a label value stands for two classes");
  if (!values.empty() && (values.front() < 0 || values.back() > UINT16_MAX))
    throw OptionError(fmt::format("label values are 0 to {}, found {} to {}", UINT16_MAX, values.front(), values.back()));
  if (!values.empty() && !options.names.empty() && options.names.size() != values.size())
    throw OptionError(fmt::format("{} label values and {} class names, expected as many", values.size(), options.names.size()));
}

FoundSplits open_label_pngs(const fs::path& images, const fs::path& labels, const Options& options) {
  check_values(options);
  const LabelPngLayout layout = find_label_pngs(images, labels);
  FoundSplits found{{}, layout.notes};
  std::vector<std::string> names = options.names;
  if (names.empty() && options.values.empty() && fs::exists(labels / kNamesFile)) names = read_label_names(labels / kNamesFile);
  if (names.empty()) {
    std::size_t count = options.values.size();
    if (count == 0) {
      const Threads threads(options.threads);
      const LabelValues raw({}, options.ignored, 0);
      for (const auto& split : layout.splits) count = std::max(count, count_classes(split.pairs, raw, threads));
      found.notes.push_back(fmt::format("no class names: {} classes, after the largest label", count));
    }
    names = numbers_as_names(count, options.values);
  }
  if (names.size() > kMostClassesOf16Bits)
    throw OptionError(fmt::format("{} classes, expected at most {} in label maps", names.size(), kMostClassesOf16Bits));
  const LabelValues values(options.values, options.ignored, names.size());
  for (const auto& split : layout.splits)
    found.splits.push_back({split.name, std::make_shared<LabelPngDataset>(split.pairs, values, names)});
  return found;
}

FoundSplits open_png(const std::string&, const fs::path& path, const Options& options) {
  const std::vector<std::string> folders = split(path.string(), ',');
  if (folders.size() == 1) return open_label_pngs({}, folders[0], options);
  if (folders.size() != 2 || folders[0].empty() || folders[1].empty())
    throw OptionError(fmt::format("png:{}: expected png:IMAGES,LABELS, or png:LABELS for label maps without pictures", path.string()));
  return open_label_pngs(folders[0], folders[1], options);
}

FoundSplits open_voc(const std::string&, const fs::path& folder, const Options& options) {
  return open_label_pngs(options.image_root.empty() ? folder / "JPEGImages" : options.image_root, folder / "SegmentationClass", options);
}

FoundSplits open_panoptic(const std::string& source, const fs::path& path, const Options& options) {
  PanopticDataset data = read_panoptic(path);
  std::vector<std::string> notes = std::move(data.notes);
  return {{{"all", panoptic_labels(std::move(data), source, options.image_root)}}, std::move(notes)};
}

FoundSplits open_objects(const std::string& source, const fs::path&, const Options& options) {
  // A seeded split is drawn from everything; only YOLO's form has splits of its own.
  DetectionDataOptions objects{.split = "", .names = options.names, .image_root = options.image_root};
  DetectionDataset data = open_detection_data(source, objects);
  if (data.split != "all" && !options.split.empty() && options.split != data.split) {
    objects.split = options.split;
    data = open_detection_data(source, objects);
  }
  std::vector<std::string> notes = std::move(data.notes);
  const std::string name = data.split;
  return {{{name, painted_dataset(std::move(data), source, options.image_root, options.crowds)}}, std::move(notes)};
}

struct Scheme {
  const char* name;
  FoundSplits (*open)(const std::string& source, const fs::path& path, const Options& options);
};
constexpr Scheme kSchemes[] = {{"png", open_png},      {"voc", open_voc},      {"panoptic", open_panoptic},
                               {"coco", open_objects}, {"yolo", open_objects}, {"masks", open_objects}};

std::vector<std::string> known_schemes() {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) names.emplace_back(scheme.name);
  return names;
}

/// Divides data without splits, and gives the part that is asked for.
SegmentationData seeded_part(const std::string& source, FoundSplits found, const Options& options) {
  const SegmentationDatasetPtr& whole = found.splits.front().dataset;
  if (options.split == "all" || (options.split.empty() && !options.seeded_split)) return {whole, "all", std::move(found.notes)};
  ThreeWaySplit parts = stratified_tenths(rarest_classes(*whole, Threads(options.threads)), options.seed);
  found.notes.push_back(fmt::format("{} has no splits: seeded stratified 80/10/10 of {} images (seed {}): train {}, val {}, test {}",
                                    source, whole->size(), options.seed, parts.train.size(), parts.val.size(), parts.test.size()));
  const std::string first = !parts.test.empty() ? "test" : !parts.val.empty() ? "val" : "all";
  const std::string name = options.split.empty() ? first : options.split;
  if (name == "all") return {whole, name, std::move(found.notes)};
  std::vector<std::int64_t>& indices = name == "train" ? parts.train : name == "val" ? parts.val : parts.test;
  if (indices.empty()) throw OptionError(fmt::format("{} has too few images for a {} split: {}", source, name, whole->size()));
  return {subset(whole, std::move(indices)), name, std::move(found.notes)};
}

SegmentationData named_part(const std::string& source, FoundSplits found, const std::string& name) {
  const auto find = [&](const std::string& wanted) -> const NamedSegmentation* {
    for (const NamedSegmentation& split : found.splits)
      if (split.name == wanted) return &split;
    return nullptr;
  };
  if (name == "all" || (name.empty() && find("test") == nullptr && find("val") == nullptr)) {
    std::vector<SegmentationDatasetPtr> parts;
    for (const NamedSegmentation& split : found.splits) parts.push_back(split.dataset);
    return {concatenation(std::move(parts)), "all", std::move(found.notes)};
  }
  const NamedSegmentation* chosen = name.empty() ? find("test") : find(name);
  if (name.empty() && chosen == nullptr) chosen = find("val");
  if (chosen != nullptr) return {chosen->dataset, chosen->name, std::move(found.notes)};
  std::vector<std::string> present;
  for (const NamedSegmentation& split : found.splits) present.push_back(split.name);
  throw OptionError(fmt::format("{} has no {} split; it has {}", source, name, fmt::join(present, ", ")));
}

}  // namespace

SegmentationData open_segmentation_data(const std::string& source, const SegmentationDataOptions& options) {
  const std::vector<std::string> splits = {"train", "val", "test", "all"};
  if (!options.split.empty() && std::find(splits.begin(), splits.end(), options.split) == splits.end())
    throw OptionError(unknown_name_message("split", options.split, splits));
  const DataSource parsed = parse_data_source(source, known_schemes());
  const Scheme& scheme = *std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& s) { return parsed.scheme == s.name; });
  FoundSplits found = scheme.open(source, parsed.path, options);
  const bool divided = found.splits.size() > 1 || found.splits.front().name != "all";
  return divided ? named_part(source, std::move(found), options.split) : seeded_part(source, std::move(found), options);
}

bool is_segmentation_source(const std::string& source) {
  const std::vector<std::string> known = known_schemes();
  return std::find(known.begin(), known.end(), scheme_of(source)) != known.end();
}

}  // namespace fovea
