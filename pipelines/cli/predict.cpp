// fovea predict: classify the images of a folder, or find objects in them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "detector_flags.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"
#include "fovea/pipelines/detection_run.hpp"
#include "fovea/pipelines/prediction_writer.hpp"
#include "shared_options.hpp"
#include "stop_signals.hpp"

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
  std::int64_t frames = 0;
  bool no_overlays = false, save_text = false;
};

constexpr std::int64_t kUsualTop = 5;
constexpr double kUsualConfidence = 0.25;

/// How fast a run is, now and then.
class ProgressLog {
 public:
  explicit ProgressLog(const SharedOptions& shared) : shared_(shared) {}

  void operator()(std::int64_t done, std::int64_t expected) {
    constexpr double kBetween = 5;
    const Clock::time_point now = Clock::now();
    if (std::chrono::duration<double>(now - last_).count() < kBetween) return;
    last_ = now;
    const double rate = static_cast<double>(done) / std::chrono::duration<double>(now - start_).count();
    shared_.log(fmt::format("{}{} images, {:.0f} images/s", done, expected > 0 ? fmt::format(" of {}", expected) : "", rate));
  }

 private:
  using Clock = std::chrono::steady_clock;
  const SharedOptions& shared_;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

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

DetectionRunSummary search(const PredictFlags& flags, const DetectionPipeline& pipeline, DetectionRunOptions options) {
  options.progress = ProgressLog(flags.shared);
  if (!is_video(flags.images)) {
    options.base = folder_of(flags.images);
    return run_detector(pipeline, find_images(flags.images), options);
  }
  Video video(flags.images);
  if (!video.is_camera()) return run_detector(pipeline, video, options);
  const StopSignals signals(options.stop);  // a camera has no other end
  return run_detector(pipeline, video, options);
}

int predict_boxes(const PredictFlags& flags) {
  const std::string& model = only_detector(flags.models, flags.views);
  if (flags.top) throw OptionError("--top applies to classifiers, but the model is a detector");
  if (flags.frames > 0 && !is_video(flags.images)) throw OptionError("--frames applies to videos and cameras");
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const DetectionPipeline pipeline = flags.detector.load(model, flags.shared, kUsualConfidence);
  const DetectionRunSummary summary = search(flags, pipeline,
                                             {.out = flags.out,
                                              .model = model,
                                              .engine = flags.detector.engine,
                                              .batch = flags.batch,
                                              .workers = flags.workers,
                                              .overlays = !flags.no_overlays,
                                              .text = flags.save_text,
                                              .most_frames = flags.frames});
  if (summary.resumed > 0) flags.shared.log(fmt::format("{} images were done by an earlier run that was interrupted", summary.resumed));
  flags.shared.log(fmt::format("{} objects", summary.detections));
  return report(flags, summary, "searched", model, summary.resumed);
}

int predict_classes(const PredictFlags& flags) {
  flags.detector.require_none();
  if (flags.save_text) throw OptionError("--save-txt applies to detectors, but the model is none");
  if (is_video(flags.images)) throw OptionError("videos are for detectors, but the model is none");
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
      "  fovea predict --model yolo-fastest.fovea --images photos/ --out results/ --conf 0.3 --classes person,dog\n"
      "  fovea predict --model yolo-fastest.fovea --images aerial/ --out results/ --tile 640 --tile-overlap 0.2\n"
      "  fovea predict --model yolo-fastest.fovea --images street.mp4 --out results/\n\n"
      "Writes predictions.jsonl, predictions.csv, failed.jsonl, manifest.json and overlays/; of a classifier contact_sheet.png, of a\n"
      "detector predictions.coco.json and, with --save-txt, labels/. A detector's run that was interrupted goes on where it was.");
  command->add_option("--model", flags->models, "model file, or several, whose probabilities are averaged: a.fovea,b.fovea")
      ->delimiter(',')
      ->required();
  command->add_option("--tta", flags->views, "also classify these views of each image and average: flip, crops")->delimiter(',');
  command->add_option("--images", flags->images, "folder, image, or .txt list of images; of detectors also a video, or camera:N")
      ->required();
  command->add_option("--out", flags->out, "results folder")->required();
  command->add_option("--batch", flags->batch, "images at a time; does not change the result")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--top", flags->top, "of classifiers: ranked classes per image (5)")->check(CLI::PositiveNumber);
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  command->add_option("--frames", flags->frames, "of a video or camera: its first frames (all; a camera's until Ctrl-C)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--no-overlays", flags->no_overlays, "do not write copies of the images with the results drawn in");
  command->add_flag("--save-txt", flags->save_text, "of detectors: also YOLO's text files, with scores");
  flags->detector.add_to(*command, "0.25");
  flags->shared.add_to(*command);
  command->callback(
      [flags, &exit_code] { exit_code = is_detector(flags->models.front()) ? predict_boxes(*flags) : predict_classes(*flags); });
}

}  // namespace fovea::cli
