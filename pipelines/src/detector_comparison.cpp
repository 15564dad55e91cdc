#include "fovea/pipelines/detector_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/pipelines/detector_report.hpp"
#include "result_collector.hpp"

namespace fovea {

namespace {

/// One of those that are compared, while it runs.
class Contestant {
 public:
  Contestant(const ComparedDetector& detector, const std::vector<std::string>& names, const ComparisonOptions& options) {
    result_.detector = detector;
    attempt([&] {
      pipeline_ =
          DetectionPipeline::load(detector.model, {.engine = detector.engine, .device = options.device, .precision = options.precision});
      pipeline_->set_options(options.detection);
      collector_.emplace(pipeline_->labels(), names);
      if (const auto report = report_detector(std::filesystem::path(detector.model))) {
        result_.parameters = report->parameters;
        result_.macs = report->macs;
      }
    });
  }

  void warm_up(const cv::Mat& image) {
    attempt([&] { pipeline_->run(image); });
  }

  void search(const cv::Mat& image, bool keep) {
    attempt([&] {
      const auto start = std::chrono::steady_clock::now();
      const Detections found = pipeline_->run(image);
      times_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
      if (keep) collector_->add(found);
    });
  }

  DetectorMeasurement finish(const AnnotatedDataset& data, const Threads& threads) {
    if (!result_.error.empty() || times_.empty()) return result_;
    const CocoSummary summary = summarize(evaluate_coco(data.data(), collector_->results().results, {}, threads));
    result_.ap = summary.AP;
    result_.ap50 = summary.AP50;
    result_.notes = collector_->results().notes;
    result_.images_per_s = 1e3 * static_cast<double>(times_.size()) / std::reduce(times_.begin(), times_.end());
    std::sort(times_.begin(), times_.end());
    result_.median_ms = quantile(0.5);
    result_.p95_ms = quantile(0.95);
    return result_;
  }

 private:
  /// The first error ends its part in the comparison.
  template <class Body>
  void attempt(const Body& body) {
    if (!result_.error.empty()) return;
    try {
      body();
    } catch (const Error& error) {
      result_.error = error.what();
    } catch (const std::bad_alloc&) {
      result_.error = "not enough memory";
    }
  }

  /// Between the two nearest of the sorted times.
  double quantile(double part) const {
    const double place = part * static_cast<double>(times_.size() - 1);
    const auto below = static_cast<std::size_t>(place), above = std::min(below + 1, times_.size() - 1);
    return times_[below] + (place - static_cast<double>(below)) * (times_[above] - times_[below]);
  }

  DetectorMeasurement result_;
  std::optional<DetectionPipeline> pipeline_;
  std::optional<ResultCollector> collector_;
  std::vector<double> times_;
};

Json known(std::int64_t value) { return value < 0 ? Json() : Json(value); }

double gflops(const DetectorMeasurement& m) { return 2e-6 * static_cast<double>(m.macs) / m.median_ms; }

}  // namespace

std::vector<DetectorMeasurement> compare_detectors(std::span<const ComparedDetector> detectors, const AnnotatedDataset& data,
                                                   const ComparisonOptions& options, const Threads& threads,
                                                   const MeasureMemory& measure_memory) {
  if (options.rounds < 1) throw OptionError(fmt::format("a comparison has at least 1 round, found {}", options.rounds));
  if (data.size() == 0) throw OptionError("the data has no images to compare detectors on");
  std::vector<Contestant> contestants;
  for (const ComparedDetector& detector : detectors) contestants.emplace_back(detector, data.names(), options);
  for (std::int64_t i = 0; i < options.rounds * data.size(); ++i) {
    const cv::Mat image = data.get(i % data.size()).image;
    if (i == 0)
      for (Contestant& contestant : contestants) contestant.warm_up(image);
    for (std::size_t k = 0; k < contestants.size(); ++k)
      contestants[(k + static_cast<std::size_t>(i)) % contestants.size()].search(image, i < data.size());
  }
  std::vector<DetectorMeasurement> measured;
  for (Contestant& contestant : contestants) {
    measured.push_back(contestant.finish(data, threads));
    if (DetectorMeasurement& m = measured.back(); measure_memory && m.error.empty()) m.peak_mib = measure_memory(m.detector);
  }
  return measured;
}

std::string to_table(std::span<const DetectorMeasurement> measured) {
  std::size_t width = 5;
  for (const DetectorMeasurement& m : measured) width = std::max(width, m.detector.model.size());
  std::string text = fmt::format("{:<{}}  {:<10} {:>7} {:>7} {:>10} {:>8} {:>9} {:>12} {:>14} {:>9}\n", "model", width, "engine", "AP",
                                 "AP50", "median ms", "p95 ms", "images/s", "parameters", "MACs", "peak MiB");
  const auto number = [](std::int64_t value) { return value < 0 ? std::string("-") : std::to_string(value); };
  for (const DetectorMeasurement& m : measured) {
    text += fmt::format("{:<{}}  {:<10} ", m.detector.model, width, m.detector.engine);
    if (!m.error.empty())
      text += fmt::format("failed: {}\n", m.error);
    else
      text += fmt::format("{:>7.4f} {:>7.4f} {:>10.2f} {:>8.2f} {:>9.1f} {:>12} {:>14} {:>9}\n", m.ap, m.ap50, m.median_ms, m.p95_ms,
                          m.images_per_s, number(m.parameters), number(m.macs), m.peak_mib > 0 ? fmt::format("{:.0f}", m.peak_mib) : "-");
  }
  return text;
}

Json to_json(std::span<const DetectorMeasurement> measured) {
  Json list = Json::array();
  for (const DetectorMeasurement& m : measured) {
    Json entry = {{"model", m.detector.model}, {"engine", m.detector.engine}};
    if (!m.error.empty())
      entry["error"] = m.error;
    else
      entry.update({{"AP", m.ap},
                    {"AP50", m.ap50},
                    {"median_ms", m.median_ms},
                    {"p95_ms", m.p95_ms},
                    {"images_per_s", m.images_per_s},
                    {"parameters", known(m.parameters)},
                    {"macs", known(m.macs)},
                    {"gflops", m.macs < 0 ? Json() : Json(gflops(m))},
                    {"kernel", m.detector.engine == "fovea" ? std::string(kernels::table().name) : m.detector.engine},
                    {"peak_mib", m.peak_mib > 0 ? Json(m.peak_mib) : Json()}});
    list.push_back(entry);
  }
  return list;
}

Chart speed_accuracy_chart(std::span<const DetectorMeasurement> measured) {
  constexpr double kGap = std::numeric_limits<double>::quiet_NaN(), kMargin = 1.15, kHeadroom = 1.4;
  Chart chart{.options = {.title = "Speed and accuracy", .x_label = "median ms an image", .y_label = "AP"}, .series = {}};
  double slowest = 0, best = 0;
  for (const DetectorMeasurement& m : measured) {
    if (!m.error.empty()) continue;
    chart.series.push_back({.name = fmt::format("{} ({})", std::filesystem::path(m.detector.model).stem().string(), m.detector.engine),
                            .points = {{kGap, kGap}, {m.median_ms, m.ap}, {kGap, kGap}}});
    slowest = std::max(slowest, m.median_ms);
    best = std::max(best, m.ap);
  }
  if (chart.series.empty()) throw OptionError("no detector was measured: there is nothing to draw");
  // The axes begin at 0 and end behind the last point: two points below the frame, which cuts them off, are what x spans.
  chart.options.y_range = cv::Point2d(0, best > 0 ? kHeadroom * best : 1);
  auto& points = chart.series.front().points;
  points.insert(points.end(), {{0, -1}, {kGap, kGap}, {kMargin * slowest, -1}});
  return chart;
}

}  // namespace fovea
