#include "fovea/pipelines/superpixel_evaluation.hpp"

#include <fmt/format.h>

#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// The numbers in a PNG as they are, which the image loader would bring to 8-bit colours.
cv::Mat read_labels(const fs::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  cv::Mat labels;
  try {
    labels = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {  // says nothing that a person could use
  }
  if (labels.empty()) throw FileError(file.string(), "is no image that can be decoded");
  if (labels.type() != CV_8UC1 && labels.type() != CV_16UC1)
    throw FileError(file.string(),
                    fmt::format("expected labels of one channel with 8 or 16 bits, found {}", cv::typeToString(labels.type())));
  labels.convertTo(labels, CV_32S);
  return labels;
}

std::vector<fs::path> png_files(const fs::path& folder) {
  std::vector<fs::path> files = list_images(folder);
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".png"; });
  if (files.empty()) throw FileError(folder.string(), "holds no PNG files");
  return files;
}

/// NAME of NAME.png and NAME_PERSON.png. Names may hold underscores themselves: the whole stem comes first.
std::vector<fs::path> truths_of(const std::string& name, const std::multimap<std::string, fs::path>& truths) {
  std::vector<fs::path> found;
  for (auto [at, end] = truths.equal_range(name); at != end; ++at) found.push_back(at->second);
  return found;
}

}  // namespace

SuperpixelEvaluation evaluate_superpixels(const fs::path& labels, const fs::path& ground_truth, const SuperpixelMetricsOptions& options) {
  std::multimap<std::string, fs::path> truths;
  for (const fs::path& file : png_files(ground_truth)) {
    const std::string stem = file.stem().string();
    truths.emplace(stem, file);
    if (const std::size_t person = stem.rfind('_'); person != std::string::npos) truths.emplace(stem.substr(0, person), file);
  }
  SuperpixelEvaluation evaluation;
  for (const fs::path& file : png_files(labels)) {
    try {
      const cv::Mat map = read_labels(file);
      std::vector<cv::Mat> people;
      for (const fs::path& truth : truths_of(file.stem().string(), truths)) people.push_back(read_labels(truth));
      if (people.empty()) throw FileError(file.string(), fmt::format("has no ground truth of its name in {}", ground_truth.string()));
      evaluation.images.push_back({file.stem().string(), superpixel_metrics(map, people, options)});
    } catch (const FileError& error) {
      evaluation.failed.push_back({error.path(), error.reason()});
    } catch (const ShapeError& error) {
      evaluation.failed.push_back({file.string(), error.what()});
    }
  }
  return evaluation;
}

}  // namespace fovea
