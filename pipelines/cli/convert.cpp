// fovea convert: a data set in another form.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/instance_masks.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/data/segmentation_conversion.hpp"
#include "fovea/pipelines/class_folder.hpp"
#include "fovea/vision/image_writer.hpp"
#include "label_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct ConvertFlags {
  SharedOptions shared;
  LabelFlags labels;
  std::string from, to, split, names;
  std::int64_t count = 0;
};

/// The folder behind "folder:DIR".
fs::path target_folder(const std::string& to) {
  constexpr std::string_view kScheme = "folder:";
  if (!to.starts_with(kScheme) || to.size() == kScheme.size()) throw OptionError(fmt::format("--to {}: expected folder:DIR", to));
  const fs::path folder = to.substr(kScheme.size());
  require_unused(folder);
  return folder;
}

void log_lost(const SharedOptions& shared, const std::vector<std::string>& lost) {
  shared.log(lost.empty() ? "lossless: every property came back" : "the other form does not hold:");
  for (const std::string& line : lost) shared.log("  " + line);
}

/// Boxes and masks: every item that the other form cannot hold is printed.
void run_convert_detections(const ConvertFlags& flags) {
  if (flags.from.starts_with("idx:") || flags.from.starts_with("folder:"))
    throw OptionError(fmt::format("--to {}: {} holds images with one class each; expected folder:DIR", flags.to, flags.from));
  if (flags.count > 0) throw OptionError("--count applies to --to folder:DIR");
  DetectionDataOptions options{.split = flags.split, .image_root = flags.labels.image_root};
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const DetectionDataset dataset = open_detection_data(flags.from, options);
  for (const std::string& note : dataset.notes) flags.shared.log(note);
  const std::vector<std::string> lost = convert_detections(dataset, flags.to);
  if (constexpr std::string_view kMasks = "masks:"; flags.to.starts_with(kMasks))
    if (const auto missing = copy_sample_pictures(flags.to.substr(kMasks.size()), dataset, flags.from, flags.labels.image_root);
        missing > 0)
      flags.shared.log(fmt::format("{} pictures are not where {} says; say --image-root", missing, flags.from));
  flags.shared.log(fmt::format("split {}: {} images, {} objects written to {} and read again", dataset.split, dataset.images.size(),
                               dataset.annotations.size(), flags.to));
  log_lost(flags.shared, lost);
  flags.shared.write_json(
      to_text({{"split", dataset.split}, {"count", dataset.images.size()}, {"objects", dataset.annotations.size()}, {"lost", lost}}));
}

/// Label maps and panoptic segments, with the same list.
void run_convert_segmentations(const ConvertFlags& flags) {
  if (flags.count > 0) throw OptionError("--count applies to --to folder:DIR");
  SegmentationDataOptions options = flags.labels.options();
  options.split = flags.split;
  options.seed = flags.shared.seed.value_or(options.seed);
  options.seeded_split = false;
  options.threads = flags.shared.threads;
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const SegmentationConversion done = convert_segmentations(flags.from, flags.to, options);
  for (const std::string& note : done.notes) flags.shared.log(note);
  flags.shared.log(fmt::format("split {}: {} images written to {} and read again", done.split, done.images, flags.to));
  log_lost(flags.shared, done.lost);
  flags.shared.write_json(to_text({{"split", done.split}, {"count", done.images}, {"lost", done.lost}}));
}

void run_convert(const ConvertFlags& flags) {
  if (is_segmentation_conversion(flags.from, flags.to)) return run_convert_segmentations(flags);
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
      "convert",
      "Write a data set in another form: labelled images as folders of classes, boxes as COCO, VOC, YOLO or text, masks and label maps as "
      "PNG or panoptic");
  command->footer(
      "Examples:\n  fovea convert --from idx:/usr/share/datasets/fashion-mnist --split test --count 200 --to folder:samples\n"
      "  fovea convert --from coco:instances.json --to voc:out\n"
      "  fovea convert --from masks:nuclei --to png:labels\n\n"
      "What was written is read again; what the other form does not hold is listed, property by property.");
  command
      ->add_option("--from", flags->from,
                   "idx:DIR or folder:DIR; coco:FILE.json, voc:DIR, yolo:DIR, masks:DIR, csv:FILE, boxtxt-xyxy:DIR or boxtxt-xywh:DIR; "
                   "png:IMAGES,LABELS or "
                   "panoptic:FILE.json")
      ->required();
  command
      ->add_option("--to", flags->to,
                   "folder:DIR; coco:FILE.json, voc:DIR, yolo:DIR, masks:DIR, csv:FILE, boxtxt-xyxy:DIR or boxtxt-xywh:DIR; png:LABELS, "
                   "png:IMAGES,LABELS or "
                   "panoptic:FILE.json; must be empty or missing")
      ->required();
  command->add_option("--split", flags->split, "train, val, test or all (test, else val, else all)");
  command->add_option("--count", flags->count, "only the first images of the split; 0: all")->check(CLI::NonNegativeNumber);
  command->add_option("--names", flags->names, "file with one class name per line, for data that has none");
  flags->labels.add_to(*command);
  flags->shared.add_to(*command);
  command->callback([flags] { run_convert(*flags); });
}

}  // namespace fovea::cli
