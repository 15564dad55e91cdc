// fovea evaluate-detections: numbers from a file of ground truth and a file of detections, no model needed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/evaluation/comparison_report.hpp"
#include "fovea/evaluation/detection_report.hpp"
#include "fovea/pipelines/detection_page.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

constexpr double kUsualIou = 0.5;
constexpr std::int64_t kUsualDraws = 1000;

struct EvaluateDetectionsFlags {
  SharedOptions shared;
  std::string truth, detections, protocol = "coco", iou_type = "bbox", names, image_root, split;
  std::optional<double> iou_threshold;
  std::vector<std::int64_t> max_dets;
  bool no_classes = false, count_difficult = false;
  std::string pixels = "stated", eleven_levels = "multiples";
  std::vector<std::string> explain;
  std::optional<double> confidence;
  std::int64_t bootstrap = 0;
  std::string compare, report;
  bool ties = false, errors = false;
};

const std::map<std::string, PixelRule> kPixelRules = {
    {"stated", PixelRule::stated}, {"inclusive", PixelRule::inclusive}, {"continuous", PixelRule::continuous}};

CocoOptions coco_options(const EvaluateDetectionsFlags& flags) {
  CocoOptions options{.iou_type = flags.iou_type == "segm" ? IouType::segm : IouType::bbox, .use_categories = !flags.no_classes};
  if (flags.iou_threshold) options.iou_thresholds = {*flags.iou_threshold};
  if (!flags.max_dets.empty()) options.max_detections = flags.max_dets;
  return options;
}

VocOptions voc_options(const EvaluateDetectionsFlags& flags) {
  return {.interpolation = flags.protocol == "voc07" ? VocInterpolation::eleven_point : VocInterpolation::all_point,
          .levels = flags.eleven_levels == "decimals" ? ElevenLevels::decimals : ElevenLevels::multiples,
          .iou_threshold = flags.iou_threshold.value_or(kUsualIou),
          .count_difficult = flags.count_difficult,
          .use_categories = !flags.no_classes,
          .pixels = kPixelRules.at(flags.pixels)};
}

/// Flags of one protocol are errors with another, never passed over.
void require_fitting_flags(const EvaluateDetectionsFlags& flags) {
  const auto refuse = [&](bool given, const char* flag) {
    if (given) throw OptionError(fmt::format("{} does not apply to --protocol {}", flag, flags.protocol));
  };
  if (flags.protocol == "coco") {
    refuse(flags.count_difficult && flags.explain.empty(), "--count-difficult");
    refuse(flags.pixels != "stated" && flags.explain.empty(), "--pixels");
  } else {
    refuse(flags.iou_type != "bbox", "--iou-type segm");
    refuse(!flags.max_dets.empty(), "--max-dets");
  }
  if (flags.protocol != "voc07") refuse(flags.eleven_levels != "multiples" && flags.explain.empty(), "--eleven-levels");
}

/// What is printed and written: the table of a protocol, and what else was asked for.
class Report {
 public:
  template <class Evaluation>
  Report(const Evaluation& evaluation, std::int64_t images, const EvaluationSubject& subject)
      : text_(to_table(evaluation)), json_(to_json(evaluation, images, subject)) {}

  template <class Part>
  void add(const char* key, const Part& part) {
    text_ += "\n" + to_text(part);
    json_[key] = to_json(part);
  }
  const Json& json() const { return json_; }
  void write(const SharedOptions& shared) const {
    if (shared.json != "-") fmt::print("{}", text_);
    shared.write_json(to_text(json_));
  }

 private:
  std::string text_;
  Json json_;
};

void add_parts(Report& report, const EvaluateDetectionsFlags& flags, const DetectionDataset& truth, const DetectionResults& results,
               const DetectionDataOptions& options, const Threads& threads) {
  const CocoOptions coco = coco_options(flags);
  const double iou = flags.iou_threshold.value_or(kUsualIou);
  if (!flags.explain.empty())
    report.add("explain", explain_protocols(truth, results, flags.explain[0], flags.explain[1], voc_options(flags), threads));
  if (flags.ties) report.add("ties", tie_report(truth, results, coco, threads));
  if (flags.errors) report.add("errors", detection_errors(truth, results, {.iou_type = coco.iou_type, .foreground = iou}, threads));
  if (flags.confidence)
    report.add(
        "operating_point",
        detection_confusion(truth, results, {.iou_type = coco.iou_type, .iou_threshold = iou, .confidence = *flags.confidence}, threads));
  const BootstrapOptions bootstrap{
      .coco = coco, .draws = flags.bootstrap > 0 ? flags.bootstrap : kUsualDraws, .seed = flags.shared.seed.value_or(1)};
  if (flags.bootstrap > 0) report.add("bootstrap", bootstrap_ap(truth, results, bootstrap, threads));
  if (!flags.compare.empty())
    report.add("compare", compare_paired(truth, results, open_detection_results(flags.compare, truth, options), bootstrap, threads));
}

void write_page(const EvaluateDetectionsFlags& flags, const Json& numbers, const DetectionDataset& truth, const DetectionResults& results,
                const Threads& threads) {
  DetectionPageOptions page{.truth_source = flags.truth, .detections_source = flags.detections, .image_root = flags.image_root};
  page.iou_type = flags.iou_type == "segm" ? IouType::segm : IouType::bbox;
  page.iou_threshold = flags.iou_threshold.value_or(page.iou_threshold);
  page.confidence = flags.confidence.value_or(page.confidence);
  write_file(flags.report, detection_page(truth, results, numbers, page, threads));
}

void run_evaluate_detections(const EvaluateDetectionsFlags& flags) {
  require_fitting_flags(flags);
  const Threads threads(flags.shared.threads);
  DetectionDataOptions options{.split = flags.split, .image_root = flags.image_root};
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const DetectionDataset truth = open_detection_data(flags.truth, options);
  const DetectionResults results = open_detection_results(flags.detections, truth, options);
  for (const auto* notes : {&truth.notes, &results.notes})
    for (const std::string& note : *notes) flags.shared.log(note);
  flags.shared.log(fmt::format("split {}: {} images, {} objects, {} classes; {} detections", truth.split, truth.images.size(),
                               truth.annotations.size(), truth.categories.size(), results.results.size()));
  const EvaluationSubject subject{.split = truth.split, .model = flags.detections, .fovea_version = version()};
  const auto images = static_cast<std::int64_t>(truth.images.size());
  const auto report = [&] {
    if (flags.protocol != "coco") return Report(evaluate_voc(truth, results, voc_options(flags)), images, subject);
    const CocoEvaluation evaluation = evaluate_coco(truth, results, coco_options(flags), threads);
    for (const std::string& note : evaluation.notes) flags.shared.log(note);
    return Report(evaluation, images, subject);
  };
  Report whole = report();
  add_parts(whole, flags, truth, results, options, threads);
  whole.write(flags.shared);
  if (!flags.report.empty()) write_page(flags, whole.json(), truth, results, threads);
}

}  // namespace

void add_evaluate_detections(CLI::App& app, int&) {
  auto flags = std::make_shared<EvaluateDetectionsFlags>();
  CLI::App* command = app.add_subcommand("evaluate-detections", "Measure detections in files by COCO's or Pascal VOC's protocol");
  command->footer(
      "Example:\n  fovea evaluate-detections --gt coco:instances.json --dt results.json --protocol coco --json metrics.json\n\n"
      "Ground truth: coco:FILE.json, voc:DIR, yolo:DIR, yolo:data.yaml, masks:DIR, csv:FILE, boxtxt-xyxy:DIR, boxtxt-xywh:DIR.\n"
      "Detections: FILE.json (COCO results), coco:FILE.json (instances with scores), csv:FILE, boxtxt-xyxy:DIR, boxtxt-xywh:DIR.\n"
      "docs/evaluation.md says what the protocols count and where they differ.");
  command->add_option("--gt", flags->truth, "ground truth")->required();
  command->add_option("--dt", flags->detections, "detections")->required();
  command->add_option("--protocol", flags->protocol, "coco, voc07 (11-point) or voc12 (all-point)")
      ->check(CLI::IsMember({"coco", "voc07", "voc12"}))
      ->capture_default_str();
  command->add_option("--iou-type", flags->iou_type, "bbox, or segm (coco only)")
      ->check(CLI::IsMember({"bbox", "segm"}))
      ->capture_default_str();
  command->add_option("--iou-threshold", flags->iou_threshold, "instead of .50:.95 (coco) or .50 (voc)")->check(CLI::Range(0.0, 1.0));
  command->add_option("--max-dets", flags->max_dets, "three numbers of detections per image and class; default 1,10,100 (coco only)")
      ->delimiter(',')
      ->expected(3)
      ->check(CLI::PositiveNumber);
  command->add_flag("--no-classes", flags->no_classes, "all objects are of one class");
  command->add_flag("--count-difficult", flags->count_difficult, "difficult objects count as ordinary ones (voc only)");
  command
      ->add_option("--pixels", flags->pixels,
                   "boxes are measured as their format says, or all inclusive (+1), or all continuous (voc only)")
      ->check(CLI::IsMember({"stated", "inclusive", "continuous"}))
      ->capture_default_str();
  command
      ->add_option("--eleven-levels", flags->eleven_levels, "recall levels i * 0.1, as most tools have them, or the decimals (voc07 only)")
      ->check(CLI::IsMember({"multiples", "decimals"}))
      ->capture_default_str();
  command->add_option("--explain", flags->explain, "two protocols: what each rule adds to their difference, as voc07,coco")
      ->delimiter(',')
      ->expected(2);
  command->add_flag("--ties", flags->ties, "the lowest and the highest AP (COCO) over orders of equal scores");
  command->add_flag("--errors", flags->errors, "kinds of errors and what each costs");
  command->add_option("--confidence", flags->confidence, "precision, recall, F1 and confusion of detections from this score on");
  command->add_option("--bootstrap", flags->bootstrap, "a 95 % interval of AP (COCO) from so many draws of the images")
      ->check(CLI::PositiveNumber);
  command->add_option("--compare", flags->compare, "other detections: is their AP (COCO) better? --bootstrap draws, else 1000");
  command->add_option("--report", flags->report,
                      "write a page with curves, confusion, kinds of errors and the worst images to this HTML file");
  command->add_option("--names", flags->names, "file with one class name per line: what numbers in text files stand for");
  command->add_option("--image-root", flags->image_root, "folder of the images, for formats that need their sizes");
  command->add_option("--split", flags->split, "of formats that have splits; without: test, else val, else all");
  flags->shared.add_to(*command);
  command->callback([flags] { run_evaluate_detections(*flags); });
}

}  // namespace fovea::cli
