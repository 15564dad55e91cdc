// Non-maximum suppression under comparison: compare_suppression fovea|opencv FILE THRESHOLD ROUNDS
//
// FILE holds n rows of five f32 numbers, x1 y1 x2 y2 score. Prints {"ms": [of each round], "kept": [places, best first]}.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <opencv2/dnn.hpp>
#include <string>
#include <vector>

#include "fovea/detection/suppression.hpp"

namespace {

struct Boxes {
  std::vector<fovea::Box> boxes;
  std::vector<float> scores;
};

Boxes read_boxes(const char* file) {
  Boxes all;
  std::ifstream in(file, std::ios::binary);
  for (float row[5]; in.read(reinterpret_cast<char*>(row), sizeof row);) {
    all.boxes.push_back({row[0], row[1], row[2], row[3]});
    all.scores.push_back(row[4]);
  }
  return all;
}

/// run() gives the places that are kept.
template <class Run>
nlohmann::json measure(int rounds, Run run) {
  std::vector<double> times;
  decltype(run()) kept;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    kept = run();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return {{"ms", times}, {"kept", kept}};
}

nlohmann::json measure_opencv(const Boxes& all, float threshold, int rounds) {
  std::vector<cv::Rect2d> rectangles;
  for (const fovea::Box& box : all.boxes) rectangles.emplace_back(box.x1, box.y1, box.width(), box.height());
  return measure(rounds, [&] {
    std::vector<int> kept;
    cv::dnn::NMSBoxes(rectangles, all.scores, 0.0f, threshold, kept);
    return kept;
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: compare_suppression fovea|opencv FILE THRESHOLD ROUNDS\n";
    return 2;
  }
  const Boxes all = read_boxes(argv[2]);
  const double threshold = std::atof(argv[3]);
  const int rounds = std::atoi(argv[4]);
  std::cout << (argv[1] == std::string("opencv") ? measure_opencv(all, static_cast<float>(threshold), rounds) : measure(rounds, [&] {
    return fovea::non_maximum_suppression(all.boxes, all.scores, {}, threshold);
  })) << '\n';
}
