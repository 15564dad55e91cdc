// Detectors of the catalogue, which fovea has trained, behind the pipeline.
#pragma once

#include <string>

#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"

namespace fovea {

DetectionPipeline load_catalogue_detector(const ModelFile& file, const std::string& where, const DetectorLoadOptions& options);

}  // namespace fovea
