#include "fovea/pipelines/detection_pipeline.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "catalogue_detector.hpp"
#include "darknet_detector.hpp"
#include "foreign_detector.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/text.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/kernels/context.hpp"
#include "picture_batch.hpp"

namespace fovea {

namespace {

constexpr std::size_t kTilesAtOnce = 16;  // a bound on memory; does not change a result

Box shifted(const Box& box, cv::Point by) {
  const auto dx = static_cast<float>(by.x), dy = static_cast<float>(by.y);
  return {box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy};
}

}  // namespace

const Tensor& find_output(std::span<const NamedTensor> outputs, const std::string& name) {
  std::vector<std::string> known;
  for (const NamedTensor& output : outputs) {
    if (output.name == name) return output.tensor;
    known.push_back(output.name);
  }
  throw OptionError(unknown_name_message("output", name, known));
}

DetectionPipeline::DetectionPipeline(std::unique_ptr<const Engine> engine, OutputDecoder decoder, Preprocessing preprocessing,
                                     std::vector<std::string> labels)
    : engine_(std::move(engine)), decoder_(std::move(decoder)), preprocessing_(std::move(preprocessing)), labels_(std::move(labels)) {
  preprocessing_.check("preprocessing");
  set_options({});
}

DetectionPipeline DetectionPipeline::load(const std::filesystem::path& path, const DetectorLoadOptions& options) {
  const std::vector<std::string> engines = {"fovea", "opencv-dnn"};
  if (std::find(engines.begin(), engines.end(), options.engine) == engines.end())
    throw OptionError(unknown_name_message("engine", options.engine, engines));
  if (path.extension() == ".json") return load_foreign_detector(path, options);
  if (path.extension() == ".onnx") return load_foreign_detector(std::filesystem::path(path).replace_extension(".json"), options);
  if (path.extension() == ".cfg") return load_darknet_files(path, options);
  const std::string where = path.string();
  const ModelFile file = load_model_file(path);
  if (file.metadata.task != "detect")
    throw FileError(where, fmt::format("holds a model for the task \"{}\", expected a detector (\"detect\")", file.metadata.task));
  try {
    return is_darknet_detector(file, where) ? load_darknet_detector(file, where, options) : load_catalogue_detector(file, where, options);
  } catch (const FileError&) {
    throw;
  } catch (const ShapeError& error) {  // what would be a wrong shape elsewhere is a damaged file here
    throw FileError(where, error.what());
  }
}

void DetectionPipeline::set_options(DetectionOptions options) {
  if (!(options.confidence >= 0 && options.confidence <= 1))
    throw OptionError(fmt::format("the confidence is from 0 to 1, found {}", options.confidence));
  suppress({}, options.suppression);  // checks its options
  check(options.tiles);
  if (options.tiles.size != cv::Size()) merge_tiles({}, {}, {}, options.suppression);  // not every kind
  PostProcessingOptions post_processing{
      .smallest_score = options.confidence, .candidates = std::numeric_limits<std::int64_t>::max(), .suppression = options.suppression};
  for (const std::string& label : options.classes) {
    const auto found = std::find(labels_.begin(), labels_.end(), label);
    if (found == labels_.end()) throw OptionError(unknown_name_message("class", label, labels_));
    post_processing.classes.push_back(found - labels_.begin());
  }
  options_ = std::move(options);
  post_processing_ = std::move(post_processing);
}

Detections DetectionPipeline::finish(const std::vector<NamedTensor>& outputs, std::int64_t index, cv::Size size) const {
  Detections candidates;
  const cv::Size2f input(static_cast<float>(preprocessing_.width), static_cast<float>(preprocessing_.height));
  decoder_(outputs, {.image = index, .input = input, .confidence = options_.confidence}, candidates);
  return named(post_process(std::move(candidates), *preprocessing_.geometry(size), post_processing_), labels_);
}

std::vector<Detections> DetectionPipeline::run(std::span<const cv::Mat> images) const {
  if (options_.tiles.size == cv::Size()) return run_whole(images);
  std::vector<Detections> results;
  for (const cv::Mat& image : images) {
    require_picture(image, "detect");
    results.push_back(run_tiles(image));
  }
  return results;
}

Detections DetectionPipeline::run_tiles(const cv::Mat& image) const {
  const std::vector<cv::Rect> tiles = tiles_of(image.size(), options_.tiles);
  std::vector<Detections> found;
  for (std::size_t begin = 0; begin < tiles.size(); begin += kTilesAtOnce) {
    std::vector<cv::Mat> views;
    for (std::size_t i = begin; i < std::min(tiles.size(), begin + kTilesAtOnce); ++i) views.push_back(image(tiles[i]));
    for (Detections& some : run_whole(views)) found.push_back(std::move(some));
  }
  if (tiles.size() == 1) return std::move(found.front());
  for (std::size_t i = 0; i < tiles.size(); ++i)
    for (Detection& d : found[i]) d.box = shifted(d.box, tiles[i].tl());
  return merge_tiles(found, tiles, image.size(), options_.suppression);
}

std::vector<Detections> DetectionPipeline::run_whole(std::span<const cv::Mat> images) const {
  std::vector<Detections> results(images.size());
  const std::size_t most = engine_->largest_batch() > 0 ? static_cast<std::size_t>(engine_->largest_batch()) : images.size();
  for (std::size_t begin = 0; begin < images.size(); begin += most) {
    const std::span<const cv::Mat> some = images.subspan(begin, std::min(most, images.size() - begin));
    const std::vector<NamedTensor> outputs = engine_->run(picture_batch(some, preprocessing_, "detect"));
    parallel_for(kernels::Context::current().threads(), std::ssize(some), 1, [&](std::int64_t i, std::int64_t) {
      const auto at = static_cast<std::size_t>(i);
      results[begin + at] = finish(outputs, i, some[at].size());
    });
  }
  return results;
}

Detections DetectionPipeline::run(const cv::Mat& image) const { return std::move(run(std::span(&image, 1)).front()); }

}  // namespace fovea
