#include "fovea/evaluation/comparison_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

namespace fovea {

Json to_json(const std::vector<ProtocolStep>& steps) {
  Json json = Json::array();
  for (const ProtocolStep& step : steps) json.push_back({{"rule", step.rule}, {"AP", step.AP}});
  return json;
}

Json to_json(const TieReport& report) {
  return {{"AP_lowest", report.lowest}, {"AP", report.as_given},           {"AP_highest", report.highest},
          {"tied", report.tied},        {"detections", report.detections}, {"constant_scores", report.constant}};
}

Json to_json(const DetectionErrorReport& report) {
  Json json = {{"AP", report.AP},
               {"iou_threshold", report.options.foreground},
               {"background_threshold", report.options.background},
               {"right", report.right}};
  for (std::size_t i = 0; i < report.kinds.size(); ++i)
    json[kDetectionErrorNames[i]] = {{"count", report.kinds[i].count}, {"AP_gain", report.kinds[i].AP_gain}};
  return json;
}

Json to_json(const BootstrapInterval& interval) {
  return {{"value", interval.value}, {"lower", interval.lower}, {"upper", interval.upper}, {"draws", interval.draws}};
}

Json to_json(const PairedComparison& comparison) {
  return {{"AP", comparison.first},
          {"other_AP", comparison.second},
          {"difference", to_json(comparison.difference)},
          {"other_not_better", comparison.second_not_better}};
}

Json to_json(const DetectionConfusion& confusion) {
  Json labels = Json::array(), classes = Json::object();
  for (std::size_t k = 0; k < confusion.categories.size(); ++k) {
    const ClassMetrics& row = confusion.per_class[k];
    labels.push_back(confusion.categories[k].name);
    classes[confusion.categories[k].name] = {
        {"precision", row.precision}, {"recall", row.recall}, {"f1", row.f1}, {"support", row.support}};
  }
  labels.push_back("background");
  return {{"confidence", confusion.options.confidence},
          {"iou_threshold", confusion.options.iou_threshold},
          {"per_class", classes},
          {"labels", labels},
          {"confusion", confusion.counts}};
}

std::string to_text(const std::vector<ProtocolStep>& steps) {
  std::string text = fmt::format("{:<72} {:>20} {:>10}\n", "rule", "AP", "change");
  for (std::size_t i = 0; i < steps.size(); ++i)
    text += i == 0 ? fmt::format("{:<72} {:>20}\n", steps[i].rule, steps[i].AP)
                   : fmt::format("{:<72} {:>20} {:>+10.4f}\n", steps[i].rule, steps[i].AP, steps[i].AP - steps[i - 1].AP);
  return text;
}

std::string to_text(const TieReport& report) {
  std::string text =
      fmt::format("equal scores: {} of {} detections share theirs; AP (COCO) from {} to {} by their order, {} in the file's\n", report.tied,
                  report.detections, report.lowest, report.highest, report.as_given);
  if (!report.constant.empty())
    text += fmt::format("WARNING: all scores are equal, so AP means nothing, in: {}\n", fmt::join(report.constant, ", "));
  return text;
}

std::string to_text(const DetectionErrorReport& report) {
  std::string text = fmt::format("AP@{} (COCO, 101-point) {}; right {}\n{:<16} {:>9} {:>22}\n", report.options.foreground, report.AP,
                                 report.right, "error", "count", "AP gained when mended");
  for (std::size_t i = 0; i < report.kinds.size(); ++i)
    text += fmt::format("{:<16} {:>9} {:>+22.4f}\n", kDetectionErrorNames[i], report.kinds[i].count, report.kinds[i].AP_gain);
  return text;
}

std::string to_text(const BootstrapInterval& interval) {
  return fmt::format("AP (COCO) {:.4f}, 95 % interval [{:.4f}, {:.4f}] ({} draws of the images)\n", interval.value, interval.lower,
                     interval.upper, interval.draws);
}

std::string to_text(const PairedComparison& comparison) {
  return fmt::format(
      "AP (COCO) {:.4f}, other {:.4f}: difference {:+.4f}, 95 % interval [{:+.4f}, {:+.4f}]; the other is not better in {:.1f} % of {} "
      "draws\n",
      comparison.first, comparison.second, comparison.difference.value, comparison.difference.lower, comparison.difference.upper,
      100 * comparison.second_not_better, comparison.difference.draws);
}

std::string to_text(const DetectionConfusion& confusion) {
  std::string text = fmt::format("at confidence {} and IoU {}\n{:<20} {:>10} {:>8} {:>8} {:>8}\n", confusion.options.confidence,
                                 confusion.options.iou_threshold, "class", "precision", "recall", "F1", "objects");
  for (std::size_t k = 0; k < confusion.categories.size(); ++k) {
    const ClassMetrics& row = confusion.per_class[k];
    text += fmt::format("{:<20} {:>10.4f} {:>8.4f} {:>8.4f} {:>8}\n", confusion.categories[k].name, row.precision, row.recall, row.f1,
                        row.support);
  }
  return text;
}

}  // namespace fovea
