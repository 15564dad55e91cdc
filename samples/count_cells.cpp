// Cells of each class in a folder of images, counted by threads that share one detector.
//   count_cells MODEL.fovea FOLDER      counts with a detector that `fovea train --task detect` has made
//   count_cells                         shows the same with an untrained detector and drawn images
#include <filesystem>
#include <fovea/base/error.hpp>
#include <fovea/pipelines/detection_pipeline.hpp>
#include <fovea/pipelines/detector_catalogue.hpp>
#include <fovea/pipelines/train_detector.hpp>
#include <fovea/vision/image_loader.hpp>
#include <fovea/vision/image_writer.hpp>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

namespace {

namespace fs = std::filesystem;
using Counts = std::map<std::string, int>;

Counts count(const fovea::DetectionPipeline& detector, const fs::path& folder) {
  const std::vector<fs::path> files = fovea::list_images(folder);
  std::vector<Counts> parts(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < parts.size(); ++t)
    threads.emplace_back([&, t] {  // run() is const and thread-safe: no copy, no lock
      for (std::size_t i = t; i < files.size(); i += parts.size()) {
        try {
          for (const fovea::Detection& cell : detector.run(fovea::load_image(files[i]))) ++parts[t][cell.label];
        } catch (const fovea::FileError& error) {
          std::cerr << error.what() + std::string("\n");
        }
      }
    });
  threads.clear();  // joins
  Counts sum;
  for (const Counts& part : parts)
    for (const auto& [label, cells] : part) sum[label] += cells;
  for (const auto& [label, cells] : sum) std::cout << label << ' ' << cells << '\n';
  return sum;
}

int count_drawings() {
  const fs::path folder = fs::temp_directory_path() / "fovea-sample-cells";
  const fovea::Json architecture = fovea::detector_architecture("center-mobile", 2, fovea::Json::object());
  auto network = fovea::build_detector(architecture, "sample");
  fovea::initialize(*network, 1);
  const fovea::Preprocessing preprocessing{.width = 64, .height = 64, .mean = {0, 0, 0}, .deviation = {1, 1, 1}};
  fovea::TrainedDetector{std::move(network), architecture.dump(), preprocessing, {"red", "white"}, ""}.save(folder / "cells.fovea");
  for (const char* name : {"a.png", "b.png", "c.png"}) fovea::save_image(folder / name, cv::Mat(80, 100, CV_8UC3, cv::Scalar(90, 60, 200)));

  auto detector = fovea::DetectionPipeline::load(folder / "cells.fovea");
  detector.set_options({.confidence = 0, .suppression = {.max_boxes = 20}});
  int cells = 0;
  for (const auto& [label, number] : count(detector, folder)) cells += number;
  fs::remove_all(folder);
  return cells == 3 * 20 ? 0 : 1;  // it knows nothing yet, but as many boxes as it may have it finds in each
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return count_drawings();
  count(fovea::DetectionPipeline::load(argv[1]), argv[2]);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
