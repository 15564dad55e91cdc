// fovea predict: classify a folder of images.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/version.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"
#include "fovea/pipelines/prediction_writer.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct PredictFlags {
  SharedOptions shared;
  std::vector<std::string> models, views;
  std::string images, out;
  std::int64_t batch = 32, top = 5;
  int workers = 1;
  bool no_overlays = false;
};

int run_predict(const PredictFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  ClassifierEnsemble ensemble(ClassifierEnsemble::load(flags.models), ImageViews::parse(flags.views));
  ensemble.set_precision(flags.shared.activation_type());
  const std::string model = fmt::format("{}", fmt::join(flags.models, ","));
  const std::vector<fs::path> files = find_images(flags.images);
  PredictionWriter writer({.out = flags.out,
                           .base = folder_of(flags.images),
                           .top = flags.top,
                           .overlays = !flags.no_overlays,
                           .expected = static_cast<std::int64_t>(files.size())});
  const DirectoryRunSummary summary = run_directory([&](std::span<const cv::Mat> images) { return ensemble.run(images); }, files, writer,
                                                    {.batch = flags.batch, .workers = flags.workers});
  writer.finish(summary, model);
  flags.shared.log(fmt::format("{} images classified, {} failed, {:.2f} s, {:.0f} images/s; results in {}", summary.images,
                               summary.failures, summary.seconds, static_cast<double>(summary.images) / summary.seconds, flags.out));
  if (summary.failures > 0)
    flags.shared.log(fmt::format("the files that failed and why: {}", (fs::path(flags.out) / "failed.jsonl").string()));
  flags.shared.write_json(
      to_text({{"count", summary.images}, {"failures", summary.failures}, {"model", model}, {"fovea_version", version()}}));
  if (summary.failures == 0) return kAllDone;
  return summary.images > 0 ? kSomeInputsFailed : kUnusable;
}

}  // namespace

void add_predict(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = app.add_subcommand("predict", "Classify images");
  command->footer(
      "Example:\n  fovea predict --model runs/fashion/weights/best.fovea --images photos/ --out results/\n\n"
      "Writes predictions.jsonl, predictions.csv, failed.jsonl, manifest.json, contact_sheet.png and overlays/.");
  command->add_option("--model", flags->models, "model file, or several, whose probabilities are averaged: a.fovea,b.fovea")
      ->delimiter(',')
      ->required();
  command->add_option("--tta", flags->views, "also classify these views of each image and average: flip, crops")->delimiter(',');
  command->add_option("--images", flags->images, "folder, image, or .txt list of images")->required();
  command->add_option("--out", flags->out, "results folder")->required();
  command->add_option("--batch", flags->batch, "images at a time; does not change the result")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--top", flags->top, "ranked classes per image")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  command->add_flag("--no-overlays", flags->no_overlays, "do not write captioned copies of the images");
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_predict(*flags); });
}

}  // namespace fovea::cli
