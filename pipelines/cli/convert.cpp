// fovea convert: a data set in another form.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/class_folder.hpp"
#include "fovea/vision/image_writer.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct ConvertFlags {
  SharedOptions shared;
  std::string from, to, split, names, image_root;
  std::int64_t count = 0;
};

/// The folder behind "folder:DIR".
fs::path target_folder(const std::string& to) {
  constexpr std::string_view kScheme = "folder:";
  if (!to.starts_with(kScheme) || to.size() == kScheme.size()) throw OptionError(fmt::format("--to {}: expected folder:DIR", to));
  const fs::path folder = to.substr(kScheme.size());
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw FileError(folder.string(), "exists and is not an empty folder");
  return folder;
}

/// Boxes and masks: every item that the other form cannot hold is printed.
void run_convert_detections(const ConvertFlags& flags) {
  if (flags.from.starts_with("idx:") || flags.from.starts_with("folder:"))
    throw OptionError(fmt::format("--to {}: {} holds images with one class each; expected folder:DIR", flags.to, flags.from));
  if (flags.count > 0) throw OptionError("--count applies to --to folder:DIR");
  DetectionDataOptions options{.split = flags.split, .image_root = flags.image_root};
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const DetectionDataset dataset = open_detection_data(flags.from, options);
  for (const std::string& note : dataset.notes) flags.shared.log(note);
  const std::vector<std::string> lost = convert_detections(dataset, flags.to);
  flags.shared.log(fmt::format("split {}: {} images, {} objects written to {} and read again", dataset.split, dataset.images.size(),
                               dataset.annotations.size(), flags.to));
  flags.shared.log(lost.empty() ? "lossless: every property came back" : "the other form does not hold:");
  for (const std::string& line : lost) flags.shared.log("  " + line);
  flags.shared.write_json(
      to_text({{"split", dataset.split}, {"count", dataset.images.size()}, {"objects", dataset.annotations.size()}, {"lost", lost}}));
}

void run_convert(const ConvertFlags& flags) {
  if (is_detection_target(flags.to)) return run_convert_detections(flags);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const fs::path folder = target_folder(flags.to);
  const ClassificationData data = open_classification_data(flags.from, {.seed = flags.shared.seed.value_or(1), .names_file = flags.names});
  const NamedSplit split = resolve_split(data, flags.split);
  const ClassificationDataset& dataset = *split.dataset;
  const std::int64_t count = flags.count == 0 ? dataset.size() : std::min(flags.count, dataset.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const ClassificationSample sample = dataset.get(i);
    const std::string& label = dataset.labels()[static_cast<std::size_t>(sample.label)];
    save_image(folder / class_folder(label) / fmt::format("{:05}.png", i), sample.image);
  }
  flags.shared.log(fmt::format("split {}: {} of {} images written to {}", split.name, count, dataset.size(), folder.string()));
  flags.shared.write_json(to_text({{"split", split.name}, {"count", count}}));
}

}  // namespace

void add_convert(CLI::App& app, int&) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand(
      "convert", "Write a data set in another form: labelled images as folders of classes, boxes as COCO, VOC, YOLO or text");
  command->footer(
      "Examples:\n  fovea convert --from idx:/usr/share/datasets/fashion-mnist --split test --count 200 --to folder:samples\n"
      "  fovea convert --from coco:instances.json --to voc:out\n\n"
      "Boxes that were written are read again; what the other form does not hold is listed, property by property.");
  command
      ->add_option("--from", flags->from,
                   "idx:DIR or folder:DIR; coco:FILE.json, voc:DIR, yolo:DIR, csv:FILE, boxtxt-xyxy:DIR or boxtxt-xywh:DIR")
      ->required();
  command
      ->add_option("--to", flags->to,
                   "folder:DIR; coco:FILE.json, voc:DIR, yolo:DIR, csv:FILE, boxtxt-xyxy:DIR or boxtxt-xywh:DIR; must be empty or missing")
      ->required();
  command->add_option("--split", flags->split, "train, val, test or all (test, else val, else all)");
  command->add_option("--count", flags->count, "only the first images of the split; 0: all")->check(CLI::NonNegativeNumber);
  command->add_option("--names", flags->names, "file with one class name per line, for data that has none");
  command->add_option("--image-root", flags->image_root, "folder of the images, for formats that need their sizes");
  flags->shared.add_to(*command);
  command->callback([flags] { run_convert(*flags); });
}

}  // namespace fovea::cli
