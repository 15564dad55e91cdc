// fovea evaluate: a model's numbers on a data set.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "detector_flags.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/evaluation/temperature_scaling.hpp"
#include "fovea/pipelines/classification_page.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"
#include "fovea/pipelines/detection_page.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

constexpr double kUsualConfidence = 0.001;  // average precision wants the whole curve

struct EvaluateFlags {
  SharedOptions shared;
  DetectorFlags detector;
  std::vector<std::string> models, views;
  std::string data, split, plots, image_root, report, temperature;
  std::int64_t batch = 64;
  int workers = 1;
};

std::string to_table(const ClassificationMetrics& metrics, const std::vector<std::string>& labels) {
  std::string text = fmt::format("top-1 {:.4f}   top-5 {:.4f}   calibration error {:.4f}   images {}\n\n{:<20} {:>10} {:>8} {:>8} {:>8}\n",
                                 metrics.top1, metrics.top5, metrics.ece, metrics.count, "class", "precision", "recall", "F1", "images");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& row = metrics.per_class[i];
    text += fmt::format("{:<20} {:>10.4f} {:>8.4f} {:>8.4f} {:>8}\n", labels[i], row.precision, row.recall, row.f1, row.support);
  }
  return text;
}

/// The seed that the model was trained with: where the data has no splits of its own, another one would call training images test images.
std::uint64_t training_seed(const ClassifierEnsemble& ensemble) {
  std::uint64_t seed = 1;
  if (ensemble.training().empty()) return seed;
  const Json facts = parse_json(ensemble.training(), "training facts");
  for (const char* key : {"seed", "data_seed"}) read_option(facts, key, seed, "training facts");
  return seed;
}

/// The temperature of --temperature: a number, or "fit", and then of the validation split, which must not be the one that is measured.
double temperature_of(const EvaluateFlags& flags, const ClassifierEnsemble& ensemble, const ClassificationData& data,
                      const std::string& measured) {
  if (flags.temperature != "fit") {
    double value = 0;
    if (!CLI::detail::lexical_cast(flags.temperature, value))
      throw OptionError(fmt::format("--temperature {}: expected a number above 0, or fit", flags.temperature));
    return value;
  }
  if (measured == "val" || measured == "all")
    throw OptionError(fmt::format("--temperature fit: is fitted to val, expected another split to be measured, found {}", measured));
  const double fitted = fit_temperature(predict_dataset(ensemble, data.require("val"), flags.batch, flags.workers));
  flags.shared.log(fmt::format("temperature {:.4f}, fitted to the {} images of val", fitted, data.val->size()));
  return fitted;
}

/// Applies the temperature; what it changes, for the JSON file.
Json scale(ClassPredictions& predictions, double temperature) {
  const ClassificationMetrics before = evaluate_predictions(predictions);
  predictions = with_temperature(predictions, temperature);
  const ClassificationMetrics after = evaluate_predictions(predictions);
  return {{"temperature", temperature},
          {"ece_before", before.ece},
          {"ece", after.ece},
          {"mean_nll_before", before.mean_nll},
          {"mean_nll", after.mean_nll}};
}

void evaluate_boxes(const EvaluateFlags& flags) {
  const std::string& model = only_detector(flags.models, flags.views);
  for (const auto& [value, flag] : {std::pair{flags.plots, "--plots"}, {flags.temperature, "--temperature"}})
    if (!value.empty()) throw OptionError(fmt::format("{} applies to classifiers, but the model is a detector", flag));
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const DetectionPipeline pipeline = flags.detector.load(model, flags.shared, kUsualConfidence);
  const AnnotatedDataset data(flags.data, {.split = flags.split, .names = pipeline.labels(), .image_root = flags.image_root});
  const DetectorResults results = detect_dataset(pipeline, data, flags.batch, flags.workers);
  for (const auto* notes : {&data.data().notes, &results.notes})
    for (const std::string& note : *notes) flags.shared.log(note);
  flags.shared.log(fmt::format("split {}: {} images, {} objects; {} detections", data.data().split, data.size(),
                               data.data().annotations.size(), results.results.results.size()));
  const DetectorNumbers evaluation = evaluate_detector(
      data, results.results, {.split = data.data().split, .model = model, .fovea_version = version()}, context->threads());
  if (flags.shared.json != "-") fmt::print("{}", evaluation.table);
  flags.shared.write_json(to_text(evaluation.json));
  if (flags.report.empty()) return;
  const DetectionPageOptions page{.truth_source = flags.data, .detections_source = model, .image_root = flags.image_root};
  write_file(flags.report, detection_page(data.data(), results.results, evaluation.json, page, context->threads()));
}

void evaluate_classes(const EvaluateFlags& flags) {
  flags.detector.require_none();
  if (!flags.image_root.empty()) throw OptionError("--image-root applies to detectors, but the model is none");
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  ClassifierEnsemble ensemble(ClassifierEnsemble::load(flags.models), ImageViews::parse(flags.views));
  ensemble.set_precision(flags.shared.activation_type());
  const ClassificationData data =
      open_classification_data(flags.data, {.seed = flags.shared.seed.value_or(training_seed(ensemble)), .names = ensemble.labels()});
  for (const std::string& note : data.notes) flags.shared.log(note);
  const NamedSplit split = resolve_split(data, flags.split);
  flags.shared.log(fmt::format("split {}: {} images", split.name, split.dataset->size()));
  ClassPredictions predictions = predict_dataset(ensemble, *split.dataset, flags.batch, flags.workers);
  Json calibration;
  if (!flags.temperature.empty()) calibration = scale(predictions, temperature_of(flags, ensemble, data, split.name));
  const ClassificationMetrics metrics = evaluate_predictions(predictions);
  Json json = to_json(metrics, {.split = split.name, .model = fmt::format("{}", fmt::join(flags.models, ",")), .fovea_version = version()});
  json["curves"] = to_json(classification_curves(predictions));
  if (!calibration.is_null()) {
    json["calibration"] = calibration;
    flags.shared.log(fmt::format("calibration error {:.4f} before, {:.4f} now; negative log-likelihood {:.4f} before, {:.4f} now",
                                 calibration["ece_before"].get<double>(), metrics.ece, calibration["mean_nll_before"].get<double>(),
                                 metrics.mean_nll));
  }
  if (flags.shared.json != "-") fmt::print("{}", to_table(metrics, ensemble.labels()));
  flags.shared.write_json(to_text(json));
  if (!flags.report.empty()) write_file(flags.report, classification_page(predictions, *split.dataset, json));
  if (!flags.plots.empty()) save_confusion_matrix(flags.plots, metrics);
}

}  // namespace

void add_evaluate(CLI::App& app, int&) {
  auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure a model on a data set");
  command->footer(
      "Example:\n  fovea evaluate --model runs/fashion/weights/best.fovea --data idx:/usr/share/datasets/fashion-mnist --json "
      "metrics.json\n"
      "  fovea evaluate --model yolo-fastest.fovea --data coco:coco64/annotations/instances.json --json metrics.json\n\n"
      "Without --split: test, else val, else all. The split that was used is always named. Data without splits of its own is split as in "
      "the\n"
      "training of the model, unless --seed says otherwise.");
  command->add_option("--model", flags->models, "model file, or several, whose probabilities are averaged: a.fovea,b.fovea")
      ->delimiter(',')
      ->required();
  command->add_option("--tta", flags->views, "also classify these views of each image and average: flip, crops")->delimiter(',');
  command->add_option("--data", flags->data, "idx:DIR, folder:DIR or csv:FILE; of detectors coco:FILE.json, voc:DIR, yolo:DIR or csv:FILE")
      ->required();
  command->add_option("--split", flags->split, "train, val, test or all");
  command->add_option("--batch", flags->batch, "images at a time; does not change the result")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  command->add_option("--temperature", flags->temperature,
                      "of classifiers: divide logits by this number, or by that which fits the validation split best: fit");
  command->add_option("--report", flags->report, "write a page with confusion, curves and the worst images to this HTML file");
  command->add_option("--plots", flags->plots, "of classifiers: folder for confusion_matrix.png");
  command->add_option("--image-root", flags->image_root, "of detectors: where images are, when not where the format says");
  flags->detector.add_to(*command, "0.001");
  flags->shared.add_to(*command);
  command->callback([flags] { is_detector(flags->models.front()) ? evaluate_boxes(*flags) : evaluate_classes(*flags); });
}

}  // namespace fovea::cli
