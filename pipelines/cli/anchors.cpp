// fovea anchors: the boxes that a detector for a data set starts from.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/pipelines/anchor_report.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct AnchorFlags {
  SharedOptions shared;
  AnchorReportOptions options;
  std::string image_root, resize = "letterbox";
};

/// As a Darknet cfg has them: "10,13, 16,30".
std::string darknet_line(const AnchorClusters& clusters) {
  std::vector<std::string> pairs;
  for (const AnchorSize& anchor : clusters.anchors) pairs.push_back(fmt::format("{:.4g},{:.4g}", anchor.width, anchor.height));
  return fmt::format("{}", fmt::join(pairs, ", "));
}

int run_anchors(AnchorFlags flags) {
  const auto context = flags.shared.make_context();
  if (flags.shared.seed) flags.options.clusters.seed = *flags.shared.seed;
  flags.options.image_root = flags.image_root;
  flags.options.resize = resize_mode_from(flags.resize);
  const AnchorReport report = find_anchors(flags.options);
  for (const std::string& note : report.notes) flags.shared.log(note);
  flags.shared.log(fmt::format("{} boxes in {} images:", report.boxes, report.images));
  for (const auto& [name, count] : report.classes) flags.shared.log(fmt::format("  {:<24} {:>8}", name, count));
  flags.shared.log(fmt::format("mean IoU with the nearest of {} anchors {:.4f}; more than 0.5 for {:.1f} % of the boxes",
                               report.clusters.anchors.size(), report.clusters.mean_iou, 100 * report.clusters.recall));
  if (flags.shared.json != "-") fmt::print("{}\n", darknet_line(report.clusters));
  flags.shared.write_json(to_text(to_json(report, flags.options)));
  return kAllDone;
}

}  // namespace

void add_anchors(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<AnchorFlags>();
  CLI::App* command = app.add_subcommand("anchors", "Cluster the box sizes of a data set into anchors for a detector");
  command->footer(
      "Example:\n  fovea anchors --data voc:bccd --split train --count 9 --image-size 416\n\n"
      "Sizes are those in the network's input, as the pictures are resized for it; the distance of two boxes is 1 - IoU.");
  command->add_option("--data", flags->options.data, "coco:FILE, voc:DIR, yolo:DIR, boxtxt-xyxy:DIR or boxtxt-xywh:DIR")->required();
  command->add_option("--split", flags->options.split, "train, val, test or all")->capture_default_str();
  command->add_option("--image-root", flags->image_root, "where the pictures are, when not where the format says");
  command->add_option("--count", flags->options.clusters.count, "anchors")->capture_default_str();
  command->add_option("--image-size", flags->options.image_size, "of the network's input: N or WxH")->capture_default_str();
  command->add_option("--resize", flags->resize, "stretch, letterbox or center_crop")->capture_default_str();
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_anchors(*flags); });
}

}  // namespace fovea::cli
