#include "fovea/pipelines/detector_evaluation.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/batch_loader.hpp"
#include "fovea/detection/evaluate_detector.hpp"
#include "fovea/evaluation/detection_report.hpp"

namespace fovea {

namespace {

/// The data's category of each of the model's classes; -1 for none.
std::vector<std::int32_t> matched_categories(const std::vector<std::string>& labels, const std::vector<std::string>& names,
                                             std::vector<std::string>& notes) {
  std::vector<std::int32_t> categories;
  std::vector<std::string> unknown;
  for (const std::string& label : labels) {
    const auto found = std::find(names.begin(), names.end(), label);
    categories.push_back(found == names.end() ? -1 : static_cast<std::int32_t>(found - names.begin()));
  }
  for (const std::string& name : names)
    if (std::find(labels.begin(), labels.end(), name) == labels.end()) unknown.push_back(name);
  if (unknown.size() == names.size())
    throw OptionError(
        fmt::format("the model knows none of the data's classes [{}]; it knows [{}]", fmt::join(names, ", "), fmt::join(labels, ", ")));
  if (!unknown.empty()) notes.push_back(fmt::format("classes of the data that the model does not know: {}", fmt::join(unknown, ", ")));
  const auto left = std::count(categories.begin(), categories.end(), -1);
  if (left > 0) notes.push_back(fmt::format("{} classes of the model are not in the data: what is found of them does not count", left));
  return categories;
}

}  // namespace

DetectorResults detect_dataset(const DetectionPipeline& pipeline, const AnnotatedDataset& data, std::int64_t batch, int workers) {
  DetectorResults all;
  const std::vector<std::int32_t> categories = matched_categories(pipeline.labels(), data.names(), all.notes);
  const auto make = [&](std::int64_t index) {
    std::vector<cv::Mat> images;
    for (std::int64_t i = index * batch; i < std::min(data.size(), (index + 1) * batch); ++i) images.push_back(data.get(i).image);
    return images;
  };
  BatchLoader<std::vector<cv::Mat>> loader((data.size() + batch - 1) / batch, make, {.workers = workers});
  std::int32_t image = 0;
  for (std::int64_t i = 0; i < loader.batches(); ++i)
    for (const Detections& found : pipeline.run(loader.next())) {
      for (const Detection& d : found)
        if (const std::int32_t category = categories[static_cast<std::size_t>(d.index)]; category >= 0)
          all.results.results.push_back({.image = image, .category = category, .box = to_xywh(d.box), .score = d.score});
      ++image;
    }
  return all;
}

DetectorNumbers evaluate_detector(const AnnotatedDataset& data, const DetectionResults& results, const EvaluationSubject& subject,
                                  const Threads& threads) {
  const CocoEvaluation coco = evaluate_coco(data.data(), results, {}, threads);
  DetectorNumbers evaluation{.json = to_json(coco, data.size(), subject), .table = to_table(coco)};
  for (const auto& [name, interpolation] : {std::pair{"voc07", VocInterpolation::eleven_point}, {"voc12", VocInterpolation::all_point}})
    evaluation.json[name] = to_json(evaluate_voc(data.data(), results, {.interpolation = interpolation}), data.size(), subject);
  return evaluation;
}

}  // namespace fovea
