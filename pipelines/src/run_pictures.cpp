#include "fovea/pipelines/run_pictures.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <string>

#include "fovea/vision/chart.hpp"
#include "fovea/vision/confusion_picture.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace {

/// "val_loss" and "train_loss" are losses; everything else is a share of right answers.
bool is_loss(const std::string& name) { return name.ends_with("loss"); }

std::vector<Series> series_of(const std::vector<EpochReport>& epochs, bool losses) {
  std::vector<Series> list;
  if (losses) {
    list.push_back({.name = "train_loss", .points = {}});
    for (const EpochReport& epoch : epochs) list.back().points.emplace_back(static_cast<double>(epoch.epoch + 1), epoch.train_loss);
  }
  for (std::size_t metric = 0; metric < epochs.front().validation.size(); ++metric) {
    const std::string& name = epochs.front().validation[metric].first;
    if (is_loss(name) != losses) continue;
    list.push_back({.name = name, .points = {}});
    for (const EpochReport& epoch : epochs)
      list.back().points.emplace_back(static_cast<double>(epoch.epoch + 1), epoch.validation[metric].second);
  }
  return list;
}

}  // namespace

void LearningCurvesHook::on_epoch(const EpochReport& report) {
  epochs_.push_back(report);
  const cv::Size size{900, 420};
  const cv::Mat losses =
      draw_chart({.title = "loss", .x_label = "epoch", .y_label = "", .size = size, .whole_x = true}, series_of(epochs_, true));
  const cv::Mat shares = draw_chart({.title = "validation accuracy", .x_label = "epoch", .y_label = "", .size = size, .whole_x = true},
                                    series_of(epochs_, false));
  cv::Mat picture;
  cv::vconcat(losses, shares, picture);
  save_image(file_, picture);
}

void LearningCurvesHook::visit_state(const StateArchive& archive) {
  StateArchive own = archive.part("learning_curves");
  auto count = static_cast<std::int64_t>(epochs_.size());
  own.value("epochs", count);
  epochs_.resize(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  for (std::size_t i = 0; i < epochs_.size(); ++i) fovea::visit_state(epochs_[i], own.part(std::to_string(i)));
}

void save_confusion_matrix(const std::filesystem::path& folder, const ClassificationMetrics& metrics) {
  std::vector<std::int64_t> counts;
  for (const auto& row : metrics.confusion) counts.insert(counts.end(), row.begin(), row.end());
  const std::string title = fmt::format("confusion of {} images, top-1 {:.2f} %", metrics.count, 100 * metrics.top1);
  save_image(folder / "confusion_matrix.png", draw_confusion(title, metrics.labels, counts));
}

}  // namespace fovea
