// Times superpixels and proposals of fovea and of OpenCV's contrib modules, in turn, on files given by name; segmentation.py and
// proposals.py run it. A JSON line a file and round on stdout.
//   compare_regions segment SCALE SIGMA MIN_SIZE ROUNDS OUT FILE...      OUT: folder for 16-bit label PNGs, or - for none
//   compare_regions propose PRESET ROUNDS FILE...                        fast or quality
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
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

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// The first in even rounds and the second in odd ones go first.
template <class First, class Second>
std::pair<double, double> in_turn(int round, First first, Second second) {
  if (round % 2 == 0) {
    const double a = milliseconds(first);
    return {a, milliseconds(second)};
  }
  const double b = milliseconds(second);
  return {milliseconds(first), b};
}

void print(const Json& line) { std::printf("%s\n", line.dump().c_str()); }

void save_labels(const fs::path& file, const cv::Mat& labels) {
  cv::Mat words;
  labels.convertTo(words, CV_16U);
  fovea::save_image(file, words);
}

/// What the process holds at its peak beyond what it held before, of fovea alone: run with ROUNDS 0.
long peak_kib() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int segment(const std::vector<std::string>& words) {
  const fovea::FelzenszwalbOptions options{
      .scale = std::stod(words.at(0)), .min_size = std::stoll(words.at(2)), .graph = {.sigma = std::stod(words.at(1))}};
  const int rounds = std::stoi(words.at(3));
  const std::string out = words.at(4);
  const auto peer =
      contrib::createGraphSegmentation(options.graph.sigma, static_cast<float>(options.scale), static_cast<int>(options.min_size));
  const fovea::Threads threads;
  for (std::size_t i = 5; i < words.size(); ++i) {
    const cv::Mat image = fovea::load_image(words[i]);
    fovea::RegionMap ours;
    cv::Mat theirs;
    if (rounds == 0) {
      const long before = peak_kib();
      ours = fovea::felzenszwalb(image, options, threads);
      const double bytes = 1024.0 * static_cast<double>(peak_kib() - before);
      print({{"file", words[i]}, {"bytes_per_pixel", bytes / static_cast<double>(image.total()) + static_cast<double>(image.elemSize())}});
    }
    for (int round = 0; round < rounds; ++round) {
      const auto [a, b] = in_turn(
          round, [&] { ours = fovea::felzenszwalb(image, options, threads); }, [&] { peer->processImage(image, theirs); });
      print({{"file", words[i]}, {"fovea_ms", a}, {"opencv_ms", b}, {"fovea_regions", ours.count}});
    }
    if (out == "-" || rounds == 0) continue;
    const std::string name = fs::path(words[i]).stem().string() + ".png";
    save_labels(fs::path(out) / "fovea" / name, ours.labels);
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
      const auto [a, b] = in_turn(
          round, [&] { ours = search.propose(image); },
          [&] {
            const auto peer = contrib::createSelectiveSearchSegmentation();
            peer->setBaseImage(image);
            preset == "quality" ? peer->switchToSelectiveSearchQuality() : peer->switchToSelectiveSearchFast();
            peer->process(theirs);
          });
      Json line = {{"file", words[i]}, {"fovea_ms", a}, {"opencv_ms", b}};
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
