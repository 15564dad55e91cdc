// Times superpixels and proposals of fovea and of OpenCV's contrib modules, in turn, on files given by name; segmentation.py and
// proposals.py run it. A JSON line a file and round on stdout.
//   compare_regions segment SCALE SIGMA MIN_SIZE ROUNDS OUT FILE...      OUT: folder for 16-bit label PNGs, or - for none
//   compare_regions propose PRESET ROUNDS FILE...                        fast or quality
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/ximgproc/segmentation.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/proposals/selective_search.hpp"
#include "fovea/superpixels/felzenszwalb.hpp"
#include "fovea/superpixels/region_statistics.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"

namespace {

using fovea::Json;
namespace fs = std::filesystem;
namespace contrib = cv::ximgproc::segmentation;

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Milliseconds of each, in the order given; the one that goes first changes from round to round.
std::vector<double> in_turn(int round, const std::vector<std::function<void()>>& contenders) {
  std::vector<double> times(contenders.size());
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const std::size_t turn = (i + static_cast<std::size_t>(round)) % contenders.size();
    times[turn] = milliseconds(contenders[turn]);
  }
  return times;
}

void print(const Json& line) { std::printf("%s\n", line.dump().c_str()); }

void save_labels(const fs::path& file, const cv::Mat& labels) {
  cv::Mat words;
  labels.convertTo(words, CV_16U);
  fovea::save_image(file, words);
}

/// The most memory that the process has held so far. Not ru_maxrss, which a program inherits from the one that started it.
double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::stod(line.substr(6));
  return 0;
}

int segment(const std::vector<std::string>& words) {
  const fovea::FelzenszwalbOptions eight{
      .scale = std::stod(words.at(0)), .min_size = std::stoll(words.at(2)), .graph = {.sigma = std::stod(words.at(1))}};
  fovea::FelzenszwalbOptions four = eight;
  four.graph.neighbours = 4;  // the graph that OpenCV builds
  const int rounds = std::stoi(words.at(3));
  const std::string out = words.at(4);
  const auto peer = contrib::createGraphSegmentation(eight.graph.sigma, static_cast<float>(eight.scale), static_cast<int>(eight.min_size));
  const fovea::Threads threads;
  for (std::size_t i = 5; i < words.size(); ++i) {
    const cv::Mat image = fovea::load_image(words[i]);
    if (rounds == 0) {  // memory instead of time; what starting threads takes is not the image's
      fovea::felzenszwalb(cv::Mat::zeros(64, 64, CV_8UC3), eight, threads);
      const double before = peak_bytes();
      fovea::felzenszwalb(image, eight, threads);
      print({{"file", words[i]},
             {"bytes_per_pixel", (peak_bytes() - before) / static_cast<double>(image.total()) + static_cast<double>(image.elemSize())}});
    }
    fovea::RegionMap with_eight, with_four;
    cv::Mat theirs;
    for (int round = 0; round < rounds; ++round) {
      const std::vector<double> times =
          in_turn(round, {[&] { with_eight = fovea::felzenszwalb(image, eight, threads); },
                          [&] { with_four = fovea::felzenszwalb(image, four, threads); }, [&] { peer->processImage(image, theirs); }});
      print({{"file", words[i]}, {"fovea_ms", times[0]}, {"fovea_4_ms", times[1]}, {"opencv_ms", times[2]}});
    }
    if (out == "-" || rounds == 0) continue;
    const std::string name = fs::path(words[i]).stem().string() + ".png";
    save_labels(fs::path(out) / "fovea" / name, with_eight.labels);
    save_labels(fs::path(out) / "fovea, 4 neighbours" / name, with_four.labels);
    save_labels(fs::path(out) / "opencv" / name, theirs);
  }
  return 0;
}

int propose(const std::vector<std::string>& words) {
  const std::string preset = words.at(0);
  const int rounds = std::stoi(words.at(1));
  const fovea::SelectiveSearch search(fovea::selective_search_preset(preset));
  for (std::size_t i = 2; i < words.size(); ++i) {
    const cv::Mat image = fovea::load_image(words[i]);
    for (int round = 0; round < rounds; ++round) {
      std::vector<fovea::Proposal> ours;
      std::vector<cv::Rect> theirs;
      const std::vector<double> times =
          in_turn(round, {[&] { ours = search.propose(image); },
                          [&] {
                            const auto peer = contrib::createSelectiveSearchSegmentation();
                            peer->setBaseImage(image);
                            preset == "quality" ? peer->switchToSelectiveSearchQuality() : peer->switchToSelectiveSearchFast();
                            peer->process(theirs);
                          }});
      Json line = {{"file", words[i]}, {"fovea_ms", times[0]}, {"opencv_ms", times[1]}};
      if (round == 0) {
        Json our_boxes = Json::array(), their_boxes = Json::array();
        for (const fovea::Proposal& proposal : ours)
          our_boxes.push_back({proposal.box.x1, proposal.box.y1, proposal.box.x2, proposal.box.y2});
        for (const cv::Rect& box : theirs) their_boxes.push_back({box.x, box.y, box.x + box.width, box.y + box.height});
        line["fovea"] = our_boxes;
        line["opencv"] = their_boxes;
      }
      print(line);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + std::min(argc, 2), argv + argc);
  const std::string task = argc > 1 ? argv[1] : "";
  if (task == "segment") return segment(words);
  if (task == "propose") return propose(words);
  std::fprintf(stderr, "usage: compare_regions segment SCALE SIGMA MIN_SIZE ROUNDS OUT FILE... | propose PRESET ROUNDS FILE...\n");
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "compare_regions: %s\n", error.what());
  return 2;
}
