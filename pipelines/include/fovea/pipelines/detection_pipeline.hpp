// A trained detector, ready to run.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/detection/decode_yolo.hpp"
#include "fovea/detection/post_processing.hpp"
#include "fovea/detection/tiles.hpp"
#include "fovea/pipelines/engine.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// Appends the candidates of one image of a batch, boxes in pixels of the network's input. A pure function.
using OutputDecoder = std::function<void(std::span<const NamedTensor> outputs, const DecodeRequest& request, Detections& candidates)>;

/// The output called `name`. Throws OptionError naming those that there are.
const Tensor& find_output(std::span<const NamedTensor> outputs, const std::string& name);

/// What becomes of candidates.
struct DetectionOptions {
  double confidence = 0.25;          ///< least score, 0 to 1
  SuppressionOptions suppression;    ///< threshold 0.45, at most 300 boxes
  std::vector<std::string> classes;  ///< labels of those that are wanted; empty: all
  TileOptions tiles;                 ///< how larger images are cut (tiles.hpp); none by default
};

struct DetectorLoadOptions {
  std::string engine = "fovea";  ///< fovea or opencv-dnn
  std::string device = "cpu";    ///< of opencv-dnn: cpu or cuda
  DType precision = DType::f32;  ///< of activations, with the engine fovea
};

/// Everything that a detector needs: an engine that runs its network, what its outputs mean, preprocessing, labels. Running it is const and
/// thread-safe; results do not depend on how images are put into batches.
///     auto detector = DetectionPipeline::load("yolo-fastest.fovea");
///     for (const Detection& d : detector.run(cv::imread("street.jpg"))) std::cout << d.label << ' ' << d.score << '\n';
class DetectionPipeline {
 public:
  /// A model file (.fovea), or a description (.json) of another framework's files, which only opencv-dnn runs: docs/darknet.md. Throws
  /// FileError when a file cannot be read, is damaged, or is no detector; OptionError when the engine cannot run it.
  static DetectionPipeline load(const std::filesystem::path& path, const DetectorLoadOptions& options = {});

  DetectionPipeline(std::unique_ptr<const Engine> engine, OutputDecoder decoder, Preprocessing preprocessing,
                    std::vector<std::string> labels);

  /// 8-bit BGR images of any size, as OpenCV reads them; one-channel grey is taken too. Boxes are in pixels of the image and inside it,
  /// best first. Throws ShapeError for other images. With options().tiles an image that is larger than a tile is searched tile by tile,
  /// each resized as a whole image would be, and max_boxes is of the image; one that is not larger gives what it gives without tiles.
  Detections run(const cv::Mat& image) const;
  std::vector<Detections> run(std::span<const cv::Mat> images) const;

  const DetectionOptions& options() const { return options_; }
  /// Not while another thread runs the pipeline. Throws OptionError for what is out of range, or a class that there is not.
  void set_options(DetectionOptions options);

  const std::vector<std::string>& labels() const { return labels_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }
  const Engine& engine() const { return *engine_; }

 private:
  std::vector<Detections> run_whole(std::span<const cv::Mat> images) const;
  Detections run_tiles(const cv::Mat& image) const;
  Detections finish(const std::vector<NamedTensor>& outputs, std::int64_t index, cv::Size size) const;

  std::unique_ptr<const Engine> engine_;
  OutputDecoder decoder_;
  Preprocessing preprocessing_;
  std::vector<std::string> labels_;
  DetectionOptions options_;
  PostProcessingOptions post_processing_;  // what they mean
};

}  // namespace fovea
