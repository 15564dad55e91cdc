#include "fovea/evaluation/detection_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// ".75" for 0.75.
std::string short_number(double value) {
  const std::string text = fmt::format("{:.2f}", value);
  if (std::stod(text) != value) return fmt::format("{}", value);
  return text.starts_with("0.") ? text.substr(1) : text;
}

/// "AP@[.50:.95]", "AP@.75".
std::string at_thresholds(const char* metric, const std::vector<double>& thresholds) {
  if (thresholds.size() == 1) return fmt::format("{}@{}", metric, short_number(thresholds.front()));
  return fmt::format("{}@[{}:{}]", metric, short_number(thresholds.front()), short_number(thresholds.back()));
}

std::string coco_points(const CocoEvaluation& evaluation) { return fmt::format("{}-point", evaluation.options.recall_thresholds.size()); }

/// One of the twelve numbers.
struct CocoRow {
  std::string key, name, area;
  std::int64_t limit;
  double value;
};

std::vector<CocoRow> rows_of(const CocoEvaluation& evaluation) {
  const CocoSummary s = summarize(evaluation);
  const std::vector<std::int64_t>& limits = evaluation.options.max_detections;
  const std::string ap = at_thresholds("AP", evaluation.options.iou_thresholds),
                    ar = at_thresholds("AR", evaluation.options.iou_thresholds);
  const std::string protocol = fmt::format(" (COCO, {})", coco_points(evaluation));
  const auto precision = [&](const char* key, const std::string& name, const char* area, std::int64_t limit, double value) {
    return CocoRow{key, name + protocol, area, limit, value};
  };
  const auto recall = [&](const std::string& key, const char* area, std::int64_t limit, double value) {
    return CocoRow{key, ar + " (COCO)", area, limit, value};
  };
  return {precision("AP", ap, "all", 100, s.AP),
          precision("AP50", "AP@.50", "all", limits[2], s.AP50),
          precision("AP75", "AP@.75", "all", limits[2], s.AP75),
          precision("AP_small", ap, "small", limits[2], s.AP_small),
          precision("AP_medium", ap, "medium", limits[2], s.AP_medium),
          precision("AP_large", ap, "large", limits[2], s.AP_large),
          recall(fmt::format("AR{}", limits[0]), "all", limits[0], s.AR1),
          recall(fmt::format("AR{}", limits[1]), "all", limits[1], s.AR10),
          recall(fmt::format("AR{}", limits[2]), "all", limits[2], s.AR100),
          recall("AR_small", "small", limits[2], s.AR_small),
          recall("AR_medium", "medium", limits[2], s.AR_medium),
          recall("AR_large", "large", limits[2], s.AR_large)};
}

struct ClassRow {
  std::string name;
  double AP, AP50;
  std::int64_t objects;
};

std::vector<ClassRow> class_rows(const CocoEvaluation& evaluation) {
  std::vector<ClassRow> rows;
  const std::int64_t limit = evaluation.options.max_detections.back();
  for (std::size_t k = 0; k < evaluation.categories.size(); ++k)
    rows.push_back({evaluation.categories[k].name, evaluation.average_precision({.category = k, .max_detections = limit}),
                    evaluation.average_precision({.iou_threshold = 0.5, .category = k, .max_detections = limit}),
                    evaluation.objects[k * evaluation.options.areas.size()]});
  return rows;
}

Json header(const std::string& protocol, std::int64_t count, const EvaluationSubject& subject) {
  return {{"protocol", protocol},
          {"count", count},
          {"split", subject.split},
          {"model", subject.model},
          {"fovea_version", subject.fovea_version}};
}

/// Classes of one name get their id too, so that none is lost.
std::string unique_key(const Json& object, const std::string& name, std::size_t index) {
  return object.contains(name) ? fmt::format("{} ({})", name, index) : name;
}

}  // namespace

std::string protocol_name(const CocoEvaluation& evaluation) {
  const CocoOptions& options = evaluation.options;
  std::string name = fmt::format("COCO {}, {}, {}", options.iou_type == IouType::segm ? "segm" : "bbox",
                                 at_thresholds("AP", options.iou_thresholds), coco_points(evaluation));
  if (options.max_detections != CocoOptions{}.max_detections) name += fmt::format(", at most {} detections", options.max_detections.back());
  if (!options.use_categories) name += ", without classes";
  return name;
}

std::string protocol_name(const VocEvaluation& evaluation) {
  const VocOptions& options = evaluation.options;
  const bool eleven = options.interpolation == VocInterpolation::eleven_point;
  std::string name = fmt::format("{}, AP@{}, {}", eleven ? "VOC 2007" : "VOC 2012", short_number(options.iou_threshold),
                                 eleven ? "11-point" : "all-point");
  if (eleven && options.levels == ElevenLevels::decimals) name += ", decimal levels";
  if (options.strictly_above) name += ", IoU strictly above";
  if (options.count_difficult) name += ", difficult objects count";
  if (!options.use_categories) name += ", without classes";
  if (options.pixels != PixelRule::stated) name += options.pixels == PixelRule::inclusive ? ", inclusive pixels" : ", continuous pixels";
  return name;
}

Json to_json(const CocoEvaluation& evaluation, std::int64_t count, const EvaluationSubject& subject) {
  Json json = header(protocol_name(evaluation), count, subject);
  for (const CocoRow& row : rows_of(evaluation)) json[row.key] = row.value;
  Json classes = Json::object();
  for (const ClassRow& row : class_rows(evaluation))
    classes[unique_key(classes, row.name, classes.size())] = {{"AP", row.AP}, {"AP50", row.AP50}, {"objects", row.objects}};
  json["per_class"] = std::move(classes);
  return json;
}

Json to_json(const VocEvaluation& evaluation, std::int64_t count, const EvaluationSubject& subject) {
  Json json = header(protocol_name(evaluation), count, subject);
  const bool at_50 = evaluation.options.iou_threshold == 0.5;
  json["AP"] = evaluation.mean_AP;
  if (at_50) json["AP50"] = evaluation.mean_AP;
  json["iou_threshold"] = evaluation.options.iou_threshold;
  Json classes = Json::object();
  for (const VocClass& row : evaluation.classes) {
    Json entry = {{"AP", row.AP}};
    if (at_50) entry["AP50"] = row.AP;
    entry["objects"] = row.objects;
    classes[unique_key(classes, row.category.name, classes.size())] = std::move(entry);
  }
  json["per_class"] = std::move(classes);
  return json;
}

std::string to_table(const CocoEvaluation& evaluation) {
  const std::vector<ClassRow> classes = class_rows(evaluation);
  std::string text = fmt::format("{}\n\n{:<34} {:<8} {:>6}  {}\n", protocol_name(evaluation), "metric", "area", "dets", "value");
  for (const CocoRow& row : rows_of(evaluation)) text += fmt::format("{:<34} {:<8} {:>6}  {}\n", row.name, row.area, row.limit, row.value);
  const std::string ap = at_thresholds("AP", evaluation.options.iou_thresholds) + " (COCO)";
  text += fmt::format("\n{:<20} {:>8} {:>22} {:>22}\n", "class", "objects", ap, "AP@.50 (COCO)");
  for (const ClassRow& row : classes) text += fmt::format("{:<20} {:>8} {:>22} {:>22}\n", row.name, row.objects, row.AP, row.AP50);
  return text;
}

std::string to_table(const VocEvaluation& evaluation) {
  const std::string protocol = protocol_name(evaluation);
  std::string text = fmt::format("mean AP ({})  {}\n\n{:<20} {:>8} {:>11} {:>22}\n", protocol, evaluation.mean_AP, "class", "objects",
                                 "detections", fmt::format("AP@{} (VOC)", short_number(evaluation.options.iou_threshold)));
  for (const VocClass& row : evaluation.classes)
    text += fmt::format("{:<20} {:>8} {:>11} {:>22}\n", row.category.name, row.objects, row.curve.score.size(), row.AP);
  return text;
}

}  // namespace fovea
