#include "fovea/pipelines/classification_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "fovea/base/error.hpp"
#include "fovea/data/batch_loader.hpp"
#include "fovea/pipelines/html_page.hpp"
#include "fovea/vision/confusion_picture.hpp"
#include "fovea/vision/contact_sheet.hpp"

namespace fovea {

namespace {

constexpr std::size_t kMostCurves = 8;    // lines that can be told apart
constexpr std::size_t kMostClasses = 40;  // of a confusion matrix that can be read
const cv::Size kSquare{560, 480};

ChartOptions unit_chart(const char* title, const char* x_label, const char* y_label) {
  return {.title = title, .x_label = x_label, .y_label = y_label, .size = kSquare, .y_range = cv::Point2d(0, 1.02)};
}

void add_numbers(HtmlPage& page, const Json& numbers) {
  HtmlTable table{.header = {"number", "value"}, .rows = {}};
  for (const auto& [key, value] : numbers.items())
    if (value.is_number()) table.rows.push_back({key, value.dump()});
  for (const char* mean : {"micro", "macro", "weighted"})
    for (const char* area : {"auc", "average_precision"})
      table.rows.push_back({fmt::format("{}, {}", area, mean), numbers.at("curves").at(mean).at(area).dump()});
  page.add_table(table);
}

void add_classes(HtmlPage& page, const ClassificationMetrics& metrics, const ClassificationCurves& curves) {
  HtmlTable table{.header = {"class", "samples", "precision", "recall", "F1", "F2", "F0.5", "AUC", "average precision"}, .rows = {}};
  for (std::size_t c = 0; c < metrics.labels.size(); ++c) {
    const ClassMetrics& row = metrics.per_class[c];
    std::vector<std::string>& cells = table.rows.emplace_back(std::vector<std::string>{metrics.labels[c], std::to_string(row.support)});
    for (const double value : {row.precision, row.recall, row.f1, f_beta(row.precision, row.recall, 2),
                               f_beta(row.precision, row.recall, 0.5), curves.per_class[c].auc, curves.per_class[c].average_precision})
      cells.push_back(fmt::format("{:.4f}", value));
  }
  page.add_heading("Classes");
  page.add_table(table);
}

void add_confusion(HtmlPage& page, const ClassificationMetrics& metrics) {
  page.add_heading("Confusion");
  page.add_paragraph("Rows are true classes, columns predicted ones.");
  if (metrics.labels.size() > kMostClasses)
    return page.add_paragraph(fmt::format("{} classes do not fit a picture.", metrics.labels.size()));
  std::vector<std::int64_t> counts;
  for (const auto& row : metrics.confusion) counts.insert(counts.end(), row.begin(), row.end());
  page.add_drawing({draw_confusion(fmt::format("{} images", metrics.count), metrics.labels, counts), "confusion matrix"});
}

void add_reliability(HtmlPage& page, const ClassPredictions& predictions) {
  Chart chart{unit_chart("reliability", "confidence", "accuracy"),
              {{.name = "calibrated", .points = {{0, 0}, {1, 1}}}, {.name = "measured", .points = {}}}};
  HtmlTable table{.header = {"confidence", "samples", "mean confidence", "accuracy"}, .rows = {}};
  for (const ReliabilityBin& bin : reliability(predictions)) {
    if (bin.count == 0) continue;
    chart.series[1].points.emplace_back(bin.confidence, bin.accuracy);
    table.rows.push_back({fmt::format("{:.3f} to {:.3f}", bin.lower, bin.upper), std::to_string(bin.count),
                          fmt::format("{:.4f}", bin.confidence), fmt::format("{:.4f}", bin.accuracy)});
  }
  page.add_heading("Calibration");
  page.add_paragraph(
      "Samples of one confidence are right as often as it says where the line follows the diagonal (Guo et al., ICML 2017).");
  page.add_charts(std::span(&chart, 1));
  page.add_table(table);
}

void add_curves(HtmlPage& page, const ClassificationCurves& curves) {
  std::vector<std::size_t> places(curves.labels.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto samples = [&](std::size_t c) { return curves.per_class[c].positives; };
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return samples(a) > samples(b); });
  if (places.size() > kMostCurves) places.resize(kMostCurves);
  std::sort(places.begin(), places.end());
  std::vector<Chart> charts = {{unit_chart("receiver operating characteristic", "false positive rate", "true positive rate"), {}},
                               {unit_chart("precision over recall", "recall", "precision"), {}}};
  for (const std::size_t c : places) {
    const BinaryCurve& curve = curves.per_class[c];
    if (curve.positives == 0 || curve.negatives == 0) continue;
    Series roc{.name = curves.labels[c], .points = {}}, precision{.name = curves.labels[c], .points = {}};
    roc.points.emplace_back(0, 0);
    precision.points.emplace_back(0, curve.precision.front());
    for (std::size_t i = 0; i < curve.threshold.size(); ++i) {
      roc.points.emplace_back(curve.false_positive_rate[i], curve.recall[i]);
      precision.points.emplace_back(curve.recall[i], curve.precision[i]);
    }
    charts[0].series.push_back(std::move(roc));
    charts[1].series.push_back(std::move(precision));
  }
  page.add_heading("One class against the rest");
  if (curves.labels.size() > kMostCurves) page.add_paragraph(fmt::format("The {} classes with the most samples.", kMostCurves));
  if (!charts[0].series.empty()) page.add_charts(charts);
}

void add_worst(HtmlPage& page, const ClassPredictions& predictions, const ClassificationDataset& dataset, std::int64_t pictures) {
  struct Mistake {
    std::size_t sample, predicted;
    float confidence;
  };
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const auto row = predictions.row(i);
    const auto highest = std::max_element(row.begin(), row.end());
    if (highest - row.begin() != predictions.actual[i]) mistakes.push_back({i, static_cast<std::size_t>(highest - row.begin()), *highest});
  }
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) { return a.confidence > b.confidence; });
  page.add_heading(fmt::format("{} of {} are wrong; the most confident of them", mistakes.size(), predictions.size()));
  if (static_cast<std::int64_t>(mistakes.size()) > pictures) mistakes.resize(static_cast<std::size_t>(pictures));
  std::vector<Tile> tiles;
  HtmlTable table{.header = {"sample", "is", "taken for", "probability"}, .rows = {}};
  for (const Mistake& mistake : mistakes) {
    const std::string &is = predictions.labels[static_cast<std::size_t>(predictions.actual[mistake.sample])],
                      &taken = predictions.labels[mistake.predicted];
    tiles.push_back(
        {.image = dataset.get(static_cast<std::int64_t>(mistake.sample)).image, .caption = fmt::format("{}, not {}", is, taken)});
    table.rows.push_back({predictions.ids[mistake.sample], is, taken, fmt::format("{:.4f}", mistake.confidence)});
  }
  if (tiles.empty()) return;
  page.add_drawing({draw_contact_sheet({.columns = 6}, tiles), "what it is, not what it was taken for"});
  page.add_folded_table("their names", table);
}

}  // namespace

ClassPredictions predict_dataset(const ClassifierEnsemble& ensemble, const ClassificationDataset& dataset, std::int64_t batch,
                                 int workers) {
  if (dataset.labels() != ensemble.labels())
    throw OptionError(fmt::format("the data has the classes [{}] but the models have [{}]", fmt::join(dataset.labels(), ", "),
                                  fmt::join(ensemble.labels(), ", ")));
  ClassPredictions predictions{.labels = ensemble.labels(), .probabilities = {}, .actual = {}, .ids = {}};
  const std::int64_t batches = (dataset.size() + batch - 1) / batch;
  const auto make = [&dataset, batch](std::int64_t number) {
    std::vector<ClassificationSample> samples;
    for (std::int64_t i = number * batch; i < std::min((number + 1) * batch, dataset.size()); ++i) samples.push_back(dataset.get(i));
    return samples;
  };
  BatchLoader<std::vector<ClassificationSample>> loader(batches, make, {.workers = workers});
  for (std::int64_t i = 0; i < batches; ++i) {
    const std::vector<ClassificationSample> samples = loader.next();
    std::vector<cv::Mat> images;
    for (const ClassificationSample& sample : samples) images.push_back(sample.image);
    const std::vector<Classification> results = ensemble.run(images);
    for (std::size_t s = 0; s < samples.size(); ++s) {
      predictions.probabilities.insert(predictions.probabilities.end(), results[s].probabilities.begin(), results[s].probabilities.end());
      predictions.actual.push_back(samples[s].label);
      predictions.ids.push_back(samples[s].id);
    }
  }
  return predictions;
}

ClassificationMetrics evaluate_predictions(const ClassPredictions& predictions) {
  ClassificationEvaluator evaluator(predictions.labels);
  for (std::size_t i = 0; i < predictions.size(); ++i) evaluator.add(predictions.row(i), predictions.actual[i]);
  return evaluator.result();
}

std::string classification_page(const ClassPredictions& predictions, const ClassificationDataset& dataset, const Json& numbers,
                                std::int64_t pictures) {
  const ClassificationMetrics metrics = evaluate_predictions(predictions);
  const ClassificationCurves curves = classification_curves(predictions);
  HtmlPage page(fmt::format("{} measured", numbers.at("model").get<std::string>()));
  page.add_paragraph(
      fmt::format("Split {}: {} images of {} classes.", numbers.at("split").get<std::string>(), metrics.count, metrics.labels.size()));
  add_numbers(page, numbers);
  if (numbers.contains("calibration")) {
    page.add_heading("Temperature");
    page.add_preformatted(numbers.at("calibration").dump(2));
  }
  add_confusion(page, metrics);
  add_classes(page, metrics, curves);
  add_reliability(page, predictions);
  add_curves(page, curves);
  add_worst(page, predictions, dataset, pictures);
  return page.text();
}

}  // namespace fovea
