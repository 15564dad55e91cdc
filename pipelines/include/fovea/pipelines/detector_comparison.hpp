// Several detectors and engines on one data set, side by side.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "fovea/vision/chart.hpp"

namespace fovea {

struct ComparedDetector {
  std::string model;  ///< a file as of DetectionPipeline::load
  std::string engine = "fovea";
};

struct ComparisonOptions {
  DetectionOptions detection;    ///< of all; average precision wants a low confidence
  std::string device = "cpu";    ///< of opencv-dnn
  DType precision = DType::f32;  ///< of activations, with the engine fovea
  std::int64_t rounds = 1;       ///< how often every image is searched
};

struct DetectorMeasurement {
  ComparedDetector detector;
  std::string error;                        ///< why it could not be measured; then nothing below is
  double ap = 0, ap50 = 0;                  ///< COCO's
  double median_ms = 0, p95_ms = 0;         ///< of an image: preprocessing, network, decoding, suppression; not reading it
  double images_per_s = 0;                  ///< one image at a time: count over the sum of these times
  std::int64_t parameters = -1, macs = -1;  ///< macs of an image; -1: not known of other frameworks' files
  double peak_mib = 0;                      ///< measured by measure_memory of compare_detectors; 0: not measured
  std::vector<std::string> notes;           ///< classes that the model or the data lack
};

/// What `detector` takes at most, in MiB, where it can be measured.
using MeasureMemory = std::function<double(const ComparedDetector& detector)>;

/// Searches every image with every detector, in turns: image by image, and with each image another one begins, so that whatever else the
/// machine does hits all alike. The first image is searched once more beforehand, without being timed. A detector that cannot be loaded or
/// fails keeps the others going. `measure_memory` may be empty.
std::vector<DetectorMeasurement> compare_detectors(std::span<const ComparedDetector> detectors, const AnnotatedDataset& data,
                                                   const ComparisonOptions& options, const Threads& threads,
                                                   const MeasureMemory& measure_memory = {});

/// One row a detector, for people.
std::string to_table(std::span<const DetectorMeasurement> measured);
/// An array of {"model", "engine", "AP", "AP50", "median_ms", "p95_ms", "images_per_s", "parameters", "macs", "gflops", "kernel",
/// "peak_mib"}, or {"model", "engine", "error"}; what is not known is null.
Json to_json(std::span<const DetectorMeasurement> measured);
/// AP over the median time of an image, a point a detector. Throws OptionError when none was measured.
Chart speed_accuracy_chart(std::span<const DetectorMeasurement> measured);

}  // namespace fovea
