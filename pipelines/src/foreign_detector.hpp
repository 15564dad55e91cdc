// Detectors in the files of other frameworks, and the small description that says what they mean.
#pragma once

#include <filesystem>

#include "fovea/pipelines/detection_pipeline.hpp"

namespace fovea {

/// Reads a description (docs/darknet.md) and the files that it names, which lie beside it. Throws FileError and OptionError.
DetectionPipeline load_foreign_detector(const std::filesystem::path& path, const DetectorLoadOptions& options);

}  // namespace fovea
