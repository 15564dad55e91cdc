// fovea evaluate-segmentations: numbers from label maps and label maps, no model needed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/version.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/data/panoptic.hpp"
#include "fovea/evaluation/panoptic_quality.hpp"
#include "fovea/evaluation/segmentation_evaluation.hpp"
#include "label_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct EvaluateSegmentationsFlags {
  SharedOptions shared;
  LabelFlags labels;
  std::string truth, results, names, split;
  std::vector<int> result_values;
  std::optional<double> boundary_tolerance;
  bool boundaries = false, panoptic = false;
};

void log_notes(const SharedOptions& shared, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) shared.log(note);
}

/// The table on stdout, unless the JSON goes there.
template <class Evaluation>
void report(const EvaluateSegmentationsFlags& flags, const Evaluation& evaluation, const std::string& split) {
  const EvaluationSubject subject{.split = split, .model = flags.results, .fovea_version = version()};
  if (flags.shared.json != "-") fmt::print("{}", to_table(evaluation));
  flags.shared.write_json(to_text(to_json(evaluation, subject)));
}

std::filesystem::path panoptic_file(const std::string& source) { return parse_data_source(source, {"panoptic"}).path; }

void run_panoptic(const EvaluateSegmentationsFlags& flags, const Threads& threads) {
  if (flags.boundaries || flags.boundary_tolerance) throw OptionError("--boundaries does not apply to --panoptic");
  const PanopticDataset truth = read_panoptic(panoptic_file(flags.truth));
  const PanopticDataset results = read_panoptic(panoptic_file(flags.results), {}, &truth);
  log_notes(flags.shared, truth.notes);
  log_notes(flags.shared, results.notes);
  flags.shared.log(fmt::format("split all: {} images, {} classes", truth.images.size(), truth.categories.size()));
  report(flags, evaluate_panoptic(truth, results, threads), "all");
}

void run_semantic(const EvaluateSegmentationsFlags& flags, const Threads& threads) {
  SegmentationDataOptions options = flags.labels.options();
  options.split = flags.split;
  options.seed = flags.shared.seed.value_or(options.seed);
  options.seeded_split = false;
  options.threads = flags.shared.threads;
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const SegmentationData truth = open_segmentation_data(flags.truth, options);
  log_notes(flags.shared, truth.notes);
  options.split = "all";
  if (!flags.result_values.empty()) options.values = flags.result_values;
  if (options.names.empty() && flags.results.starts_with("png:")) options.names = truth.dataset->labels();
  const SegmentationData results = open_segmentation_data(flags.results, options);
  log_notes(flags.shared, results.notes);
  flags.shared.log(fmt::format("split {}: {} label maps, {} classes", truth.split, truth.dataset->size(), truth.dataset->labels().size()));
  SegmentationEvaluationOptions measured{.boundary_tolerance = flags.boundary_tolerance};
  if (flags.boundaries && !measured.boundary_tolerance) measured.boundary_tolerance = BoundaryF1::kUsualTolerance;
  const SegmentationEvaluation evaluation = evaluate_segmentations(*truth.dataset, *results.dataset, measured, threads);
  log_notes(flags.shared, evaluation.notes);
  report(flags, evaluation, truth.split);
}

void run_evaluate_segmentations(const EvaluateSegmentationsFlags& flags) {
  flags.shared.make_context();  // checks what all verbs check
  const Threads threads(flags.shared.threads);
  flags.panoptic ? run_panoptic(flags, threads) : run_semantic(flags, threads);
}

}  // namespace

void add_evaluate_segmentations(CLI::App& app, int&) {
  auto flags = std::make_shared<EvaluateSegmentationsFlags>();
  CLI::App* command = app.add_subcommand("evaluate-segmentations", "Measure label maps or panoptic segments in files");
  command->footer(
      "Examples:\n  fovea evaluate-segmentations --gt png:VOC/SegmentationClass --dt png:found --names voc.names --json metrics.json\n"
      "  fovea evaluate-segmentations --gt png:labels --dt png:found --label-values 0,255 --boundaries\n"
      "  fovea evaluate-segmentations --gt panoptic:gt.json --dt panoptic:found.json --panoptic\n\n"
      "Both: png:LABELS or png:IMAGES,LABELS, voc:DIR, panoptic:FILE.json, coco:FILE.json, yolo:DIR, masks:DIR. Maps and classes are found "
      "by\n"
      "name. docs/segmentation_data.md says what is counted.");
  command->add_option("--gt", flags->truth, "ground truth")->required();
  command->add_option("--dt", flags->results, "what was found")->required();
  command->add_flag("--panoptic", flags->panoptic, "panoptic quality: PQ, SQ, RQ (both panoptic:FILE.json)");
  command->add_flag("--boundaries", flags->boundaries, "boundary F1 too");
  command->add_option("--boundary-tolerance", flags->boundary_tolerance, "its tolerance as a share of the diagonal; default 0.0075")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--names", flags->names, "file with one class name per line, for formats that hold numbers");
  command->add_option("--split", flags->split, "of the ground truth; without: test, else val, else all");
  command->add_option("--dt-label-values", flags->result_values, "--label-values of what was found, where they are others")->delimiter(',');
  flags->labels.add_to(*command);
  flags->shared.add_to(*command);
  command->callback([flags] { run_evaluate_segmentations(*flags); });
}

}  // namespace fovea::cli
