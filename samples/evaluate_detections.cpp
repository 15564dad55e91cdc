// Numbers of a detector from two files, by two protocols.
//   evaluate_detections coco:instances.json results.json      measures files in any form that `fovea evaluate-detections` takes
//   evaluate_detections                                       shows the same with three boxes written here
#include <filesystem>
#include <fovea/data/coco.hpp>
#include <fovea/data/detection_source.hpp>
#include <fovea/evaluation/coco_evaluation.hpp>
#include <fovea/evaluation/voc_evaluation.hpp>
#include <iostream>

namespace {

double measure(const std::string& truth_source, const std::string& results_source) {
  const fovea::DetectionDataset truth = fovea::open_detection_data(truth_source);
  const fovea::DetectionResults results = fovea::open_detection_results(results_source, truth);
  const fovea::CocoSummary coco = fovea::summarize(fovea::evaluate_coco(truth, results, {}, fovea::Threads()));
  const fovea::VocEvaluation voc = fovea::evaluate_voc(truth, results);
  std::cout << "AP@[.50:.95] (COCO, 101-point)  " << coco.AP << "\nAP@.50 (COCO, 101-point)        " << coco.AP50
            << "\nAP@.50 (VOC 2012, all-point)    " << voc.mean_AP << '\n';
  for (const fovea::VocClass& entry : voc.classes) std::cout << "  " << entry.category.name << "  " << entry.AP << '\n';
  return coco.AP50;
}

/// Two cats, of which one is found, and something that is no cat.
int measure_drawing() {
  fovea::DetectionDataset truth;
  truth.images = {{1, "cats.jpg", 640, 480}};
  truth.categories = {{17, "cat", "animal"}};
  truth.annotations = {{.id = 1, .box = {20, 30, 100, 80}, .area = 8000}, {.id = 2, .box = {300, 200, 90, 90}, .area = 8100}};
  fovea::DetectionResults results;
  results.results = {{.box = {22, 30, 100, 80}, .score = 0.9}, {.box = {500, 10, 50, 50}, .score = 0.4}};

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "fovea-sample-evaluate";
  fovea::write_coco_instances(folder / "instances.json", truth);
  fovea::write_coco_results(folder / "results.json", results, truth);
  const double ap50 = measure("coco:" + (folder / "instances.json").string(), (folder / "results.json").string());
  std::filesystem::remove_all(folder);
  return ap50 > 0.5 && ap50 < 0.51 ? 0 : 1;  // precision 1 up to a recall of one half: 51 of 101 points
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return measure_drawing();
  measure(argv[1], argv[2]);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
