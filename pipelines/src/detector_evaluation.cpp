#include "fovea/pipelines/detector_evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/data/batch_loader.hpp"
#include "fovea/evaluation/detection_report.hpp"
#include "result_collector.hpp"

namespace fovea {

DetectorResults detect_dataset(const DetectionPipeline& pipeline, const AnnotatedDataset& data, std::int64_t batch, int workers) {
  ResultCollector collector(pipeline.labels(), data.names());
  const auto make = [&](std::int64_t index) {
    std::vector<cv::Mat> images;
    for (std::int64_t i = index * batch; i < std::min(data.size(), (index + 1) * batch); ++i) images.push_back(data.get(i).image);
    return images;
  };
  BatchLoader<std::vector<cv::Mat>> loader((data.size() + batch - 1) / batch, make, {.workers = workers});
  for (std::int64_t i = 0; i < loader.batches(); ++i)
    for (const Detections& found : pipeline.run(loader.next())) collector.add(found);
  return collector.results();
}

DetectorNumbers evaluate_detector(const AnnotatedDataset& data, const DetectionResults& results, const EvaluationSubject& subject,
                                  const Threads& threads) {
  const CocoEvaluation coco = evaluate_coco(data.data(), results, {}, threads);
  DetectorNumbers evaluation{.json = to_json(coco, data.size(), subject), .table = to_table(coco)};
  evaluation.table += '\n';
  for (const auto& [name, interpolation] : {std::pair{"voc07", VocInterpolation::eleven_point}, {"voc12", VocInterpolation::all_point}}) {
    const VocEvaluation voc = evaluate_voc(data.data(), results, {.interpolation = interpolation});
    evaluation.table += fmt::format("mean AP ({})  {}\n", protocol_name(voc), voc.mean_AP);
    evaluation.json[name] = to_json(voc, data.size(), subject);
  }
  return evaluation;
}

}  // namespace fovea
