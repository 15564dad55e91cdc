// fovea evaluate-superpixels: superpixels against what people have drawn.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/version.hpp"
#include "fovea/pipelines/superpixel_evaluation.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct EvaluateSuperpixelsFlags {
  SharedOptions shared;
  std::string labels, ground_truth;
  SuperpixelMetricsOptions options;
};

int run(const EvaluateSuperpixelsFlags& flags) {
  flags.shared.make_context();  // checks what all verbs check
  const SuperpixelEvaluation evaluation = evaluate_superpixels(flags.labels, flags.ground_truth, flags.options);
  std::vector<SuperpixelMetrics> metrics;
  Json images = Json::array(), failed = Json::array();
  for (const SuperpixelScore& image : evaluation.images) {
    metrics.push_back(image.metrics);
    Json entry = {{"name", image.name}};
    entry.update(to_json(image.metrics));
    images.push_back(entry);
  }
  for (const auto& [file, reason] : evaluation.failed) {
    failed.push_back({{"file", file}, {"reason", reason}});
    flags.shared.log(fmt::format("{}: {}", file, reason));
  }
  const SuperpixelMetrics mean = mean_of(metrics);
  flags.shared.log(
      fmt::format("{} images, {} failed: {} regions, boundary recall {:.4f}, precision {:.4f}, undersegmentation error {:.4f}, "
                  "achievable accuracy {:.4f}, compactness {:.4f}",
                  metrics.size(), failed.size(), mean.regions, mean.boundary_recall, mean.boundary_precision, mean.undersegmentation_error,
                  mean.achievable_accuracy, mean.compactness));
  Json json = {{"protocol", "superpixels"},
               {"count", metrics.size()},
               {"failures", failed.size()},
               {"fovea_version", version()},
               {"tolerance", flags.options.tolerance}};
  json.update(to_json(mean));
  json["images"] = images;
  json["failed"] = failed;
  flags.shared.write_json(to_text(json));
  if (metrics.empty()) return kUnusable;
  return failed.empty() ? kAllDone : kSomeInputsFailed;
}

}  // namespace

void add_evaluate_superpixels(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<EvaluateSuperpixelsFlags>();
  CLI::App* command = app.add_subcommand("evaluate-superpixels", "Measure superpixels against segmentations that people have drawn");
  command->footer(
      "Example:\n  fovea evaluate-superpixels --labels pieces/labels --gt bsds500/groundTruth_png --json -\n\n"
      "The ground truths of NAME.png are NAME.png and NAME_<person>.png, anywhere below --gt; measures are means over people.");
  command->add_option("--labels", flags->labels, "folder of label PNGs (8 or 16 bit)")->required();
  command->add_option("--gt", flags->ground_truth, "folder of ground-truth label PNGs")->required();
  command->add_option("--tolerance", flags->options.tolerance, "pixels that boundaries may lie apart")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace fovea::cli
