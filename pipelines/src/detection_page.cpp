#include "fovea/pipelines/detection_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "detection_pictures.hpp"
#include "fovea/base/error.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/evaluation/comparison_report.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"
#include "fovea/pipelines/html_page.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace {

/// Places of the classes with the most objects, as many as can be told apart, in the order of the classes.
template <class Class>
std::vector<std::size_t> largest_classes(const std::vector<Class>& classes) {
  std::vector<std::int64_t> objects;
  for (const Class& row : classes) objects.push_back(row.objects);
  return largest_places(objects);
}

/// The numbers at the top level; then one row a class.
void add_numbers(HtmlPage& page, const Json& numbers) {
  HtmlTable table{.header = {"number", "value"}, .rows = {}};
  for (const auto& [key, value] : numbers.items())
    if (value.is_number()) table.rows.push_back({key, value.dump()});
  page.add_table(table);
  page.add_paragraph("-1: not defined, for want of objects.");
  HtmlTable classes{.header = {"class"}, .rows = {}};
  for (const auto& [name, values] : numbers.at("per_class").items()) {
    if (classes.header.size() == 1)
      for (const auto& [key, value] : values.items()) classes.header.push_back(key);
    std::vector<std::string>& row = classes.rows.emplace_back(std::vector<std::string>{name});
    for (const auto& [key, value] : values.items()) row.push_back(value.dump());
  }
  page.add_heading("Classes");
  page.add_table(classes);
}

Series line(const std::string& name, const std::vector<double>& x, const std::vector<double>& y) {
  Series series{.name = name, .points = {}};
  for (std::size_t i = 0; i < x.size(); ++i) series.points.emplace_back(x[i], y[i]);
  return series;
}

/// From no recall to all of it, so that its area is the average precision.
Series envelope_of(const PrecisionRecallCurve& curve) {
  Series series{.name = "envelope", .points = {}};
  series.points.emplace_back(0, curve.envelope.front());
  for (std::size_t i = 0; i < curve.recall.size(); ++i) series.points.emplace_back(curve.recall[i], curve.envelope[i]);
  series.points.emplace_back(curve.recall.back(), 0);
  series.points.emplace_back(1, 0);
  return series;
}

void add_precision_recall(HtmlPage& page, const DetectionDataset& truth, const DetectionResults& results,
                          const DetectionPageOptions& options) {
  const VocEvaluation evaluation = evaluate_voc(truth, results, {.iou_threshold = options.iou_threshold});
  page.add_heading(fmt::format("Precision over recall at IoU {}", options.iou_threshold));
  page.add_paragraph(
      "VOC's matching, all points. The envelope, whose area is the average precision, is the highest precision at this or more recall.");
  std::vector<Chart> charts;
  for (const std::size_t k : largest_classes(evaluation.classes)) {
    const VocClass& row = evaluation.classes[k];
    if (row.objects == 0 || row.curve.recall.empty()) continue;
    const std::string title = fmt::format("{}: AP {:.4f}, {} objects", row.category.name, row.AP, row.objects);
    charts.push_back(
        {unit_chart(title, "recall", "precision"), {line("precision", row.curve.recall, row.curve.precision), envelope_of(row.curve)}});
  }
  if (evaluation.classes.size() > kMostCurves) page.add_paragraph(fmt::format("The {} classes with the most objects.", kMostCurves));
  if (!charts.empty()) page.add_charts(charts);
}

void add_confidence_curves(HtmlPage& page, const DetectionDataset& truth, const DetectionResults& results,
                           const OperatingOptions& operating, const Threads& threads) {
  const std::vector<ConfidenceCurve> curves = confidence_curves(truth, results, operating, threads);
  page.add_heading("Over confidence");
  std::vector<Chart> charts = {{unit_chart("F1", "confidence", "F1"), {}},
                               {unit_chart("precision", "confidence", "precision"), {}},
                               {unit_chart("recall", "confidence", "recall"), {}}};
  for (const std::size_t k : largest_classes(curves)) {
    const ConfidenceCurve& curve = curves[k];
    if (curve.objects == 0 || curve.confidence.empty()) continue;
    charts[0].series.push_back(line(curve.category.name, curve.confidence, curve.f1));
    charts[1].series.push_back(line(curve.category.name, curve.confidence, curve.precision));
    charts[2].series.push_back(line(curve.category.name, curve.confidence, curve.recall));
  }
  if (!charts.front().series.empty()) page.add_charts(charts);
  HtmlTable best{.header = {"class", "best F1", "at confidence", "precision", "recall"}, .rows = {}};
  for (const ConfidenceCurve& curve : curves) {
    if (curve.f1.empty()) continue;
    const auto at = static_cast<std::size_t>(std::max_element(curve.f1.begin(), curve.f1.end()) - curve.f1.begin());
    best.rows.push_back({curve.category.name, fmt::format("{:.4f}", curve.f1[at]), fmt::format("{:.4g}", curve.confidence[at]),
                         fmt::format("{:.4f}", curve.precision[at]), fmt::format("{:.4f}", curve.recall[at])});
  }
  page.add_table(best);
}

/// What is most often taken for what.
HtmlTable largest_confusions(const DetectionConfusion& confusion, const std::vector<std::string>& names) {
  constexpr std::size_t kMostRows = 20;
  struct Cell {
    std::int64_t count;
    std::size_t actual, predicted;
  };
  std::vector<Cell> cells;
  for (std::size_t a = 0; a < names.size(); ++a)
    for (std::size_t p = 0; p < names.size(); ++p)
      if (a != p && confusion.counts[a][p] > 0) cells.push_back({confusion.counts[a][p], a, p});
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.count > b.count; });
  if (cells.size() > kMostRows) cells.resize(kMostRows);
  HtmlTable table{.header = {"is", "found as", "times"}, .rows = {}};
  for (const Cell& cell : cells) table.rows.push_back({names[cell.actual], names[cell.predicted], fmt::format("{}", cell.count)});
  return table;
}

void add_confusion(HtmlPage& page, const DetectionDataset& truth, const DetectionResults& results, const OperatingOptions& operating,
                   const Threads& threads) {
  const DetectionConfusion confusion = detection_confusion(truth, results, operating, threads);
  page.add_heading(fmt::format("Confusion at confidence {}, IoU {}", operating.confidence, operating.iou_threshold));
  page.add_paragraph(
      "Rows are what is there, columns what was found. In the row of the background are false detections, in its column missed objects.");
  const std::vector<std::string> names = confusion_names(confusion);
  if (const cv::Mat drawing = draw_detection_confusion("objects", confusion); !drawing.empty())
    page.add_drawing({drawing, "confusion matrix"});
  else
    page.add_paragraph(fmt::format("{} classes do not fit a picture.", names.size()));
  page.add_table(largest_confusions(confusion, names));
}

struct ImageErrors {
  std::size_t image;
  std::int64_t missed, wrong;
};

/// One image alone.
DetectionConfusion confusion_of(const DetectionDataset& truth, const DetectionResults& results, std::size_t image,
                                const std::vector<std::vector<std::size_t>>& objects, const std::vector<std::vector<std::size_t>>& found,
                                const OperatingOptions& operating, const Threads& threads) {
  DetectionDataset one{.images = {truth.images[image]}, .categories = truth.categories, .annotations = {}, .convention = truth.convention};
  DetectionResults some{.results = {}, .has_boxes = results.has_boxes, .convention = results.convention};
  for (const std::size_t a : objects[image]) one.annotations.push_back(truth.annotations[a]);
  for (const std::size_t r : found[image]) some.results.push_back(results.results[r]);
  for (DetectionAnnotation& annotation : one.annotations) annotation.image = 0;
  for (DetectionResult& result : some.results) result.image = 0;
  return detection_confusion(one, some, operating, threads);
}

template <class Items>
std::vector<std::vector<std::size_t>> by_image(const Items& items, std::size_t images) {
  std::vector<std::vector<std::size_t>> indices(images);
  for (std::size_t i = 0; i < items.size(); ++i) indices[static_cast<std::size_t>(items[i].image)].push_back(i);
  return indices;
}

class WorstImages {
 public:
  WorstImages(const DetectionDataset& truth, const DetectionResults& results, const DetectionPageOptions& options)
      : truth_(truth),
        results_(results),
        options_(options),
        objects_(by_image(truth.annotations, truth.images.size())),
        found_(by_image(results.results, truth.images.size())) {}

  /// By falling number of errors, then by order; without images that have none.
  std::vector<ImageErrors> list(const OperatingOptions& operating, const Threads& threads) const {
    std::vector<ImageErrors> all;
    for (std::size_t image = 0; image < truth_.images.size(); ++image) {
      const DetectionConfusion confusion = confusion_of(truth_, results_, image, objects_, found_, operating, threads);
      const std::size_t background = confusion.categories.size();
      ImageErrors errors{.image = image, .missed = 0, .wrong = 0};
      for (std::size_t a = 0; a <= background; ++a)
        for (std::size_t p = 0; p <= background; ++p)
          if (a != p) (p == background ? errors.missed : errors.wrong) += confusion.counts[a][p];
      if (errors.missed + errors.wrong > 0) all.push_back(errors);
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const ImageErrors& a, const ImageErrors& b) { return a.missed + a.wrong > b.missed + b.wrong; });
    if (static_cast<std::int64_t>(all.size()) > options_.pictures) all.resize(static_cast<std::size_t>(options_.pictures));
    return all;
  }

  /// The image with its objects and what was found in it. Throws FileError.
  HtmlFigure figure(const ImageErrors& errors) const {
    cv::Mat picture = load_image(find_image(options_.truth_source, truth_, errors.image, options_.image_root));
    std::vector<DetectionAnnotation> objects;
    std::vector<DetectionResult> found;
    for (const std::size_t a : objects_[errors.image]) objects.push_back(truth_.annotations[a]);
    for (const std::size_t r : found_[errors.image]) found.push_back(results_.results[r]);
    draw_comparison(picture, objects, found, truth_.categories, options_.confidence);
    return {picture, fmt::format("{}: {} missed, {} wrong", truth_.images[errors.image].file_name, errors.missed, errors.wrong)};
  }

 private:
  const DetectionDataset& truth_;
  const DetectionResults& results_;
  const DetectionPageOptions& options_;
  std::vector<std::vector<std::size_t>> objects_, found_;  // of each image
};

void add_worst_images(HtmlPage& page, const DetectionDataset& truth, const DetectionResults& results, const DetectionPageOptions& options,
                      const OperatingOptions& operating, const Threads& threads) {
  const WorstImages worst(truth, results, options);
  page.add_heading("Images with the most errors");
  std::vector<HtmlFigure> figures;
  HtmlTable without_picture{.header = {"image", "missed", "wrong", "no picture"}, .rows = {}};
  for (const ImageErrors& errors : worst.list(operating, threads)) try {
      figures.push_back(worst.figure(errors));
    } catch (const FileError& error) {
      without_picture.rows.push_back(
          {truth.images[errors.image].file_name, fmt::format("{}", errors.missed), fmt::format("{}", errors.wrong), error.reason()});
    }
  page.add_paragraph(fmt::format("Thick and green, named below: objects. Thin and red, named above: detections of confidence {} or more.",
                                 options.confidence));
  page.add_photographs(figures);
  if (!without_picture.rows.empty()) page.add_table(without_picture);
}

}  // namespace

std::string detection_page(const DetectionDataset& truth, const DetectionResults& results, const Json& numbers,
                           const DetectionPageOptions& options, const Threads& threads) {
  const OperatingOptions operating{.iou_type = options.iou_type, .iou_threshold = options.iou_threshold, .confidence = options.confidence};
  HtmlPage page(fmt::format("{} measured on {}", options.detections_source, options.truth_source));
  page.add_paragraph(fmt::format("Protocol: {}. Split {}: {} images, {} objects, {} classes; {} detections.",
                                 numbers.at("protocol").get<std::string>(), truth.split, truth.images.size(), truth.annotations.size(),
                                 truth.categories.size(), results.results.size()));
  page.add_list(truth.notes);
  page.add_list(results.notes);
  add_numbers(page, numbers);
  add_precision_recall(page, truth, results, options);
  add_confidence_curves(page, truth, results, operating, threads);
  add_confusion(page, truth, results, operating, threads);
  page.add_heading("Kinds of errors");
  page.add_preformatted(
      to_text(detection_errors(truth, results, {.iou_type = options.iou_type, .foreground = options.iou_threshold}, threads)));
  page.add_heading("Equal scores");
  page.add_preformatted(to_text(tie_report(truth, results, {.iou_type = options.iou_type}, threads)));
  for (const char* part : {"bootstrap", "compare", "explain"})
    if (numbers.contains(part)) {
      page.add_heading(part);
      page.add_preformatted(numbers.at(part).dump(2));
    }
  add_worst_images(page, truth, results, options, operating, threads);
  return page.text();
}

}  // namespace fovea
