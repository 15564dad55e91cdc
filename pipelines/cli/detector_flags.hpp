// What verbs that run a detector have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fovea/pipelines/detection_pipeline.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

/// Flags of detectors; none of them applies to other models.
struct DetectorFlags {
  std::optional<double> confidence, iou;
  std::optional<std::int64_t> max_boxes;
  std::vector<std::string> classes;
  std::string engine = "fovea", tile;
  std::optional<double> tile_overlap;

  /// `usual_confidence` is named in the help.
  void add_to(CLI::App& command, const char* usual_confidence);
  /// The same without --classes, for a verb whose --classes is something else.
  void add_all_but_classes(CLI::App& command, const char* usual_confidence);
  /// Throws OptionError naming the first flag that was given: for a model that is no detector.
  void require_none() const;
  /// What they say of everything but the engine. Throws OptionError for a tile that is no size.
  DetectionOptions options(double usual_confidence) const;
  /// The detector with these options.
  DetectionPipeline load(const std::string& model, const SharedOptions& shared, double usual_confidence) const;
};

/// Whether a file is a detector: a model file of that task, or a description of another framework's, or Darknet's. A file that cannot be
/// read is none: what opens it as something else says why.
bool is_detector(const std::string& model);

/// The only one of `models`. Throws OptionError for several, which detectors do not average.
const std::string& only_detector(const std::vector<std::string>& models, const std::vector<std::string>& views);

}  // namespace fovea::cli
