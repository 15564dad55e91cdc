// Detectors whose model file holds a Darknet description.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/interchange/darknet_weights.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"

namespace fovea {

/// The architecture of such a file: {"name": "darknet", "classes": N, "cfg": the description's text}.
inline constexpr const char* kDarknetArchitecture = "darknet";

bool is_darknet_detector(const ModelFile& file, const std::string& where);

/// The description in a model file's architecture. Throws FileError when there is none.
DarknetConfig darknet_config_of(const ModelFile& file, const std::string& where);

/// What the outputs of a DarknetNetwork mean. Throws OptionError when none of its layers decodes boxes.
OutputDecoder darknet_decoder(const DarknetConfig& config);

/// Of a description .cfg, with the weights of that name beside it, and the labels in .names of that name if there is one.
DetectionPipeline load_darknet_files(const std::filesystem::path& config, const DetectorLoadOptions& options);

DetectionPipeline load_darknet_detector(const ModelFile& file, const std::string& where, const DetectorLoadOptions& options);

}  // namespace fovea
