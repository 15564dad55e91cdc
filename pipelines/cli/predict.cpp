// fovea predict: classify the images of a folder, or find objects in them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "detector_flags.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"
#include "fovea/pipelines/detection_run.hpp"
#include "fovea/pipelines/prediction_writer.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct PredictFlags {
  SharedOptions shared;
  DetectorFlags detector;
  std::vector<std::string> models, views;
  std::string images, out;
  std::int64_t batch = 32;
  std::optional<std::int64_t> top;
  int workers = 1;
  bool no_overlays = false, save_text = false;
};

constexpr std::int64_t kUsualTop = 5;
constexpr double kUsualConfidence = 0.25;

/// The end of a run: the log's lines, the counts as JSON, the exit code. `resumed` files took none of its time.
int report(const PredictFlags& flags, const DirectoryRunSummary& summary, const char* done, const std::string& model,
           std::int64_t resumed = 0) {
  flags.shared.log(fmt::format("{} images {}, {} failed, {:.2f} s, {:.0f} images/s; results in {}", summary.images, done, summary.failures,
                               summary.seconds, static_cast<double>(std::max<std::int64_t>(0, summary.images - resumed)) / summary.seconds,
                               flags.out));
  if (summary.failures > 0)
    flags.shared.log(fmt::format("the files that failed and why: {}", (fs::path(flags.out) / "failed.jsonl").string()));
  flags.shared.write_json(
      to_text({{"count", summary.images}, {"failures", summary.failures}, {"model", model}, {"fovea_version", version()}}));
  if (summary.failures == 0) return kAllDone;
  return summary.images > 0 ? kSomeInputsFailed : kUnusable;
}

int predict_boxes(const PredictFlags& flags) {
  const std::string& model = only_detector(flags.models, flags.views);
  if (flags.top) throw OptionError("--top applies to classifiers, but the model is a detector");
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const DetectionPipeline pipeline = flags.detector.load(model, flags.shared, kUsualConfidence);
  const DetectionRunSummary summary = run_detector(pipeline, find_images(flags.images),
                                                   {.out = flags.out,
                                                    .base = folder_of(flags.images),
                                                    .model = model,
                                                    .engine = flags.detector.engine,
                                                    .batch = flags.batch,
                                                    .workers = flags.workers,
                                                    .overlays = !flags.no_overlays,
                                                    .text = flags.save_text});
  if (summary.resumed > 0) flags.shared.log(fmt::format("{} files were done by an earlier run that was interrupted", summary.resumed));
  flags.shared.log(fmt::format("{} objects", summary.detections));
  return report(flags, summary, "searched", model, summary.resumed);
}

int predict_classes(const PredictFlags& flags) {
  flags.detector.require_none();
  if (flags.save_text) throw OptionError("--save-txt applies to detectors, but the model is none");
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  ClassifierEnsemble ensemble(ClassifierEnsemble::load(flags.models), ImageViews::parse(flags.views));
  ensemble.set_precision(flags.shared.activation_type());
  const std::string model = fmt::format("{}", fmt::join(flags.models, ","));
  const std::vector<fs::path> files = find_images(flags.images);
  PredictionWriter writer({.out = flags.out,
                           .base = folder_of(flags.images),
                           .top = flags.top.value_or(kUsualTop),
                           .overlays = !flags.no_overlays,
                           .expected = static_cast<std::int64_t>(files.size())});
  const DirectoryRunSummary summary = run_directory([&](std::span<const cv::Mat> images) { return ensemble.run(images); }, files, writer,
                                                    {.batch = flags.batch, .workers = flags.workers});
  writer.finish(summary, model);
  return report(flags, summary, "classified", model);
}

}  // namespace

void add_predict(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = app.add_subcommand("predict", "Classify images, or find objects in them");
  command->footer(
      "Example:\n  fovea predict --model runs/fashion/weights/best.fovea --images photos/ --out results/\n"
      "  fovea predict --model yolo-fastest.fovea --images photos/ --out results/ --conf 0.3 --classes person,dog\n\n"
      "Writes predictions.jsonl, predictions.csv, failed.jsonl, manifest.json and overlays/; of a classifier contact_sheet.png, of a\n"
      "detector predictions.coco.json and, with --save-txt, labels/. A detector's run that was interrupted goes on where it was.");
  command->add_option("--model", flags->models, "model file, or several, whose probabilities are averaged: a.fovea,b.fovea")
      ->delimiter(',')
      ->required();
  command->add_option("--tta", flags->views, "also classify these views of each image and average: flip, crops")->delimiter(',');
  command->add_option("--images", flags->images, "folder, image, or .txt list of images")->required();
  command->add_option("--out", flags->out, "results folder")->required();
  command->add_option("--batch", flags->batch, "images at a time; does not change the result")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--top", flags->top, "of classifiers: ranked classes per image (5)")->check(CLI::PositiveNumber);
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  command->add_flag("--no-overlays", flags->no_overlays, "do not write copies of the images with the results drawn in");
  command->add_flag("--save-txt", flags->save_text, "of detectors: also YOLO's text files, with scores");
  flags->detector.add_to(*command, "0.25");
  flags->shared.add_to(*command);
  command->callback(
      [flags, &exit_code] { exit_code = is_detector(flags->models.front()) ? predict_boxes(*flags) : predict_classes(*flags); });
}

}  // namespace fovea::cli
