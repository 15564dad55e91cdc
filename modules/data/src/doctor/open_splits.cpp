#include "doctor/open_splits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/image_folder.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea::doctor {

namespace fs = std::filesystem;

namespace {

/// Files by stem, for formats whose images are called by their stem.
std::map<std::string, fs::path> files_by_stem(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  for (const fs::path& file : list_images(folder)) files.emplace(file.stem().string(), file);
  return files;
}

/// `look`: false when the format does not say where images are.
void find_images(InspectedSplit& split, const fs::path& image_root, bool look) {
  const bool by_stem = scheme_of(split.source).starts_with("boxtxt") && !image_root.empty();
  const std::map<std::string, fs::path> stems = by_stem ? files_by_stem(image_root) : std::map<std::string, fs::path>();
  for (std::size_t i = 0; i < split.boxes.images.size(); ++i) {
    InspectedImage image{.name = split.boxes.images[i].file_name};
    if (look) try {
        const auto found = stems.find(stem_of(image.name));
        image.file = found != stems.end() ? found->second : find_image(split.source, split.boxes, i, image_root);
      } catch (const FileError& error) {
        image.problem = error.reason();
      }
    split.images.push_back(std::move(image));
  }
}

void open_detections(Inspection& data, const std::string& source, const DoctorOptions& options) {
  const std::vector<std::string> splits = detection_splits(source);
  for (const std::string& name : splits) {
    InspectedSplit split{.name = name, .source = source};
    split.boxes = open_detection_data(source, {name, options.names, options.image_root, &data.findings});
    split.name = split.boxes.split;
    for (const std::string& note : split.boxes.notes) data.notes.push_back(fmt::format("{}: {}", split.name, note));
    if (scheme_of(source).starts_with("boxtxt") && options.image_root.empty()) {
      data.looked_at_images = false;
      data.notes.push_back("text files do not say where the images are: without --image-root only boxes are looked at");
    }
    find_images(split, options.image_root, data.looked_at_images);
    split.load = [files = split.images](std::size_t index) { return load_image(files[index].file); };
    data.splits.push_back(std::move(split));
  }
}

/// Labels and names; the pictures stay where they are.
InspectedSplit classified(const std::string& source, const std::string& name, const ClassificationDatasetPtr& dataset) {
  InspectedSplit split{.name = name, .source = source};
  for (std::int64_t i = 0; i < dataset->size(); ++i) {
    InspectedImage image{.name = dataset->id(i), .label = dataset->label(i)};
    image.file = dataset->file(i);
    split.images.push_back(std::move(image));
  }
  split.load = [dataset](std::size_t index) { return dataset->get(static_cast<std::int64_t>(index)).image; };
  return split;
}

void open_classes(Inspection& data, const std::string& source, const DoctorOptions& options) {
  const auto add = [&](const char* name, const ClassificationDatasetPtr& dataset) {
    if (dataset == nullptr) return;
    data.labels = dataset->labels();
    data.splits.push_back(classified(source, name, dataset));
  };
  if (scheme_of(source) == "folder") {
    const ImageFolder folder = open_image_folder(path_of(source), options.names, &data.findings);
    add("all", folder.whole);
    add("train", folder.train);
    add("val", folder.val);
    add("test", folder.test);
    return;
  }
  const ClassificationData read = open_classification_data(source, {.seed = options.seed, .names = options.names});
  data.notes = read.notes;
  add("train", read.train);
  add("val", read.val);
  add("test", read.test);
}

/// "coco:sets/train.json" -> "train".
std::string name_of(const std::string& source) { return path_of(source).stem().string(); }

}  // namespace

Inspection open_splits(const std::vector<std::string>& sources, const DoctorOptions& options) {
  if (sources.empty()) throw OptionError("[doctor] expected a data set, found none");
  Inspection data;
  for (const std::string& source : sources) {
    if (scheme_of(source) != scheme_of(sources.front()))
      throw OptionError(
          fmt::format("[doctor] several sources are splits of one data set, of one kind: found {} and {}", sources.front(), source));
    if (scheme_of(source) == "folder" || scheme_of(source) == "idx") {
      if (sources.size() > 1) throw OptionError(fmt::format("[doctor] {}: holds its splits itself, expected it alone", source));
      open_classes(data, source, options);
    } else {
      open_detections(data, source, options);
      if (sources.size() > 1 && data.splits.back().name == "all") data.splits.back().name = name_of(source);
    }
  }
  return data;
}

}  // namespace fovea::doctor
