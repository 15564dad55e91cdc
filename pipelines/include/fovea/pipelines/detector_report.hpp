// What the network of a detector is made of.
#pragma once

#include <filesystem>
#include <optional>

#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/network_report.hpp"

namespace fovea {

/// Of a model file of the task "detect", imported or trained here, at the size that its preprocessing names. Throws FileError, naming
/// `where`, for others.
NetworkReport report_detector(const ModelFile& file, const std::string& where);

/// Of a file as DetectionPipeline::load takes it; nothing for other frameworks' files.
std::optional<NetworkReport> report_detector(const std::filesystem::path& path);

}  // namespace fovea
