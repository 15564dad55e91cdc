// The plain loop that a detector's directory run is measured against: imread, cv::dnn, NMSBoxes, one JSON line an image.
//     compare_opencv_detect CFG WEIGHTS LIST CONFIDENCE IOU OUT.jsonl
// Prints {"images", "seconds", "boxes"}; loading the network is not timed.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

constexpr double kClassDistance = 1e5;  // pixels: wider than any image

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: compare_opencv_detect CFG WEIGHTS LIST CONFIDENCE IOU OUT.jsonl\n");
    return 2;
  }
  cv::dnn::Net net = cv::dnn::readNetFromDarknet(argv[1], argv[2]);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  const std::vector<cv::String> names = net.getUnconnectedOutLayersNames();
  const float confidence = std::stof(argv[4]), iou = std::stof(argv[5]);
  std::vector<std::string> files;
  std::ifstream list(argv[3]);
  for (std::string line; std::getline(list, line);) files.push_back(line);
  std::ofstream out(argv[6]);
  std::size_t boxes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& file : files) {
    const cv::Mat image = cv::imread(file);
    net.setInput(cv::dnn::blobFromImage(image, 1 / 255.0, {320, 320}, {}, true));
    std::vector<cv::Mat> results;
    net.forward(results, names);
    std::vector<cv::Rect2d> rects, apart;  // classes side by side, so that one call suppresses within each
    std::vector<float> scores;
    std::vector<int> classes;
    for (const cv::Mat& rows : results)
      for (int r = 0; r < rows.rows; ++r) {
        const float* v = rows.ptr<float>(r);
        if (v[4] < confidence) continue;
        for (int c = 5; c < rows.cols; ++c) {
          if (v[c] < confidence) continue;
          rects.emplace_back((v[0] - v[2] / 2) * image.cols, (v[1] - v[3] / 2) * image.rows, v[2] * image.cols, v[3] * image.rows);
          apart.push_back(rects.back() + cv::Point2d(kClassDistance * c, 0));
          scores.push_back(v[c]);
          classes.push_back(c - 5);
        }
      }
    std::vector<int> kept;
    cv::dnn::NMSBoxes(apart, scores, confidence, iou, kept);
    out << "{\"file\":\"" << file << "\",\"detections\":[";
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto k = static_cast<std::size_t>(kept[i]);
      out << (i > 0 ? "," : "") << "{\"box\":[" << rects[k].x << ',' << rects[k].y << ',' << rects[k].x + rects[k].width << ','
          << rects[k].y + rects[k].height << "],\"score\":" << scores[k] << ",\"index\":" << classes[k] << '}';
    }
    out << "]}\n";
    boxes += kept.size();
  }
  out.flush();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("{\"images\": %zu, \"seconds\": %.6f, \"boxes\": %zu}\n", files.size(), seconds, boxes);
  return 0;
}
