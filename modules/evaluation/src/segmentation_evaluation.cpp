#include "fovea/evaluation/segmentation_evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <unordered_map>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// For every image of the ground truth, its place in the results.
std::vector<std::int64_t> places_by_id(const SegmentationDataset& truth, const SegmentationDataset& results) {
  constexpr std::int64_t kSeveral = -1;
  const auto last_part = [](const std::string& id) { return id.substr(id.rfind('/') + 1); };
  std::unordered_map<std::string, std::int64_t> by_id, by_last;
  for (std::int64_t i = 0; i < results.size(); ++i) {
    by_id.emplace(results.id(i), i);
    if (!by_last.emplace(last_part(results.id(i)), i).second) by_last[last_part(results.id(i))] = kSeveral;
  }
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < truth.size(); ++i) {
    const std::string id = truth.id(i);
    if (const auto exact = by_id.find(id); exact != by_id.end()) {
      places.push_back(exact->second);
      continue;
    }
    const auto last = by_last.find(last_part(id));
    if (last == by_last.end() || last->second == kSeveral)
      throw OptionError(
          fmt::format("the results have no label map \"{}\"{}", id, last == by_last.end() ? "" : ", and several of its last part"));
    places.push_back(last->second);
  }
  return places;
}

/// From classes of the results to those of the ground truth: the same, another, or none.
class ClassNames {
 public:
  ClassNames(const SegmentationDataset& truth, const SegmentationDataset& results) : type_(truth.map_type()) {
    const int none = truth.ignored();
    table_.assign(results.map_type() == CV_8UC1 ? UINT8_MAX + 1 : UINT16_MAX + 1, none);
    for (std::size_t i = 0; i < results.labels().size(); ++i) {
      const auto found = std::find(truth.labels().begin(), truth.labels().end(), results.labels()[i]);
      if (found == truth.labels().end())
        unknown_.push_back(results.labels()[i]);
      else
        table_[i] = static_cast<int>(found - truth.labels().begin());
    }
    if (unknown_.size() == results.labels().size())
      throw OptionError(fmt::format("no class of the results (\"{}\", ...) is one of the ground truth's (\"{}\", ...)",
                                    results.labels().front(), truth.labels().front()));
    same_ = results.map_type() == type_ && results.labels() == truth.labels();
  }

  cv::Mat to_truth(const cv::Mat& labels) const {
    if (same_) return labels;
    cv::Mat mapped(labels.size(), CV_32SC1);
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x)
        mapped.at<std::int32_t>(y, x) = table_[labels.type() == CV_8UC1 ? labels.at<std::uint8_t>(y, x) : labels.at<std::uint16_t>(y, x)];
    mapped.convertTo(mapped, CV_MAT_DEPTH(type_));
    return mapped;
  }
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  int type_;
  std::vector<int> table_;
  std::vector<std::string> unknown_;
  bool same_ = false;
};

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string protocol_name(const SegmentationEvaluation& evaluation) {
  std::string name = "semantic segmentation, one confusion matrix of all pixels";
  if (evaluation.boundaries) name += fmt::format("; boundary F1 within {} of the diagonal", evaluation.boundaries->tolerance());
  return name;
}

struct Row {
  const char* key;
  const char* name;
  double value;
};

std::vector<Row> rows_of(const SegmentationEvaluation& evaluation) {
  const SegmentationMetrics& m = evaluation.metrics;
  std::vector<Row> rows = {{"pixel_accuracy", "pixel accuracy", m.pixel_accuracy},
                           {"mean_accuracy", "mean accuracy", m.mean_accuracy},
                           {"mIoU", "mean IoU", m.mean_iou},
                           {"fwIoU", "frequency-weighted IoU", m.frequency_weighted_iou},
                           {"dice", "mean Dice", m.mean_dice}};
  if (evaluation.boundaries) rows.push_back({"boundary_f1", "mean boundary F1", evaluation.boundaries->mean()});
  return rows;
}

Json confusion_of(const PixelConfusion& confusion) {
  Json rows = Json::array();
  for (std::int64_t i = 0; i < confusion.classes(); ++i) {
    Json row = Json::array();
    for (std::int64_t j = 0; j <= confusion.classes(); ++j) row.push_back(confusion.count(i, j));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

SegmentationEvaluation evaluate_segmentations(const SegmentationDataset& truth, const SegmentationDataset& results,
                                              const SegmentationEvaluationOptions& options, const Threads& threads) {
  const auto classes = static_cast<std::int64_t>(truth.labels().size());
  const std::vector<std::int64_t> places = places_by_id(truth, results);
  const ClassNames names(truth, results);
  SegmentationEvaluation evaluation{.labels = truth.labels(), .images = truth.size(), .confusion = PixelConfusion(classes)};
  if (options.boundary_tolerance) evaluation.boundaries.emplace(classes, *options.boundary_tolerance);
  // Counts may be added in any order; shares may not, so every image keeps its own.
  std::vector<PixelConfusion> counts(static_cast<std::size_t>(threads.count()), PixelConfusion(classes));
  std::vector<std::optional<BoundaryF1>> boundaries(options.boundary_tolerance ? static_cast<std::size_t>(truth.size()) : 0);
  parallel_slots(threads, truth.size(), [&](std::int64_t i, int slot) {
    const auto at = static_cast<std::size_t>(i);
    const cv::Mat wanted = truth.label_map(i), found = names.to_truth(results.label_map(places[at]));
    if (wanted.size() != found.size())
      throw ShapeError(fmt::format("\"{}\": the ground truth has {}x{} pixels, the results have {}x{}", truth.id(i), wanted.cols,
                                   wanted.rows, found.cols, found.rows));
    counts[static_cast<std::size_t>(slot)].add(wanted, found);
    if (options.boundary_tolerance) boundaries[at].emplace(classes, *options.boundary_tolerance).add(wanted, found);
  });
  for (const PixelConfusion& part : counts) evaluation.confusion.add(part);
  for (const std::optional<BoundaryF1>& image : boundaries) evaluation.boundaries->add(*image);
  evaluation.metrics = segmentation_metrics(evaluation.confusion);
  if (!names.unknown().empty())
    evaluation.notes.push_back(
        fmt::format("{} classes of the results (\"{}\" first) are none of the ground truth's: their pixels count as without a class",
                    names.unknown().size(), names.unknown().front()));
  if (results.size() > truth.size())
    evaluation.notes.push_back(
        fmt::format("{} label maps of the results are for no image of the ground truth: left out", results.size() - truth.size()));
  return evaluation;
}

Json to_json(const SegmentationEvaluation& evaluation, const EvaluationSubject& subject) {
  Json json = {{"protocol", protocol_name(evaluation)},
               {"count", evaluation.images},
               {"split", subject.split},
               {"model", subject.model},
               {"fovea_version", subject.fovea_version}};
  for (const Row& row : rows_of(evaluation)) json[row.key] = row.value;
  if (evaluation.boundaries) json["boundary_tolerance"] = evaluation.boundaries->tolerance();
  json["pixels"] = evaluation.metrics.pixels;
  json["ignored_pixels"] = evaluation.metrics.ignored;
  const auto outlines = evaluation.boundaries ? evaluation.boundaries->per_class() : std::vector<std::optional<double>>();
  Json classes = Json::object();
  for (std::size_t c = 0; c < evaluation.labels.size(); ++c) {
    const ClassSegmentation& entry = evaluation.metrics.per_class[c];
    Json& line =
        classes[evaluation.labels[c]] = {{"iou", number(entry.iou)}, {"accuracy", number(entry.accuracy)}, {"dice", number(entry.dice)}};
    if (!outlines.empty()) line["boundary_f1"] = number(outlines[c]);
    line["pixels"] = entry.pixels;
    line["predicted"] = entry.predicted;
  }
  json["per_class"] = std::move(classes);
  json["labels"] = evaluation.labels;
  json["confusion"] = confusion_of(evaluation.confusion);
  return json;
}

std::string to_table(const SegmentationEvaluation& evaluation) {
  const auto shown = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : std::string("-"); };
  const auto outlines = evaluation.boundaries ? evaluation.boundaries->per_class() : std::vector<std::optional<double>>();
  std::string text = protocol_name(evaluation) + "\n\n";
  for (const Row& row : rows_of(evaluation)) text += fmt::format("{:<24} {}\n", row.name, row.value);
  text += fmt::format("{:<24} {}\n{:<24} {}\n", "pixels", evaluation.metrics.pixels, "ignored pixels", evaluation.metrics.ignored);
  text += fmt::format("\n{:<20} {:>14} {:>14} {:>22} {:>22} {:>22}{}\n", "class", "pixels", "predicted", "IoU", "accuracy", "Dice",
                      outlines.empty() ? "" : fmt::format(" {:>22}", "boundary F1"));
  for (std::size_t c = 0; c < evaluation.labels.size(); ++c) {
    const ClassSegmentation& entry = evaluation.metrics.per_class[c];
    text +=
        fmt::format("{:<20} {:>14} {:>14} {:>22} {:>22} {:>22}{}\n", evaluation.labels[c], entry.pixels, entry.predicted, shown(entry.iou),
                    shown(entry.accuracy), shown(entry.dice), outlines.empty() ? "" : fmt::format(" {:>22}", shown(outlines[c])));
  }
  return text;
}

}  // namespace fovea
