// Darknet's detectors on their way into a model file and out of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct DarknetImportOptions {
  std::filesystem::path config, weights;
  std::vector<std::string> names;  ///< of the classes; empty: "0", "1", ...
  std::string resize = "stretch";  ///< stretch or letterbox; Darknet trains with either (letter_box)
};

struct DarknetImportSummary {
  std::int64_t layers = 0, parameters = 0, classes = 0;
  std::uint64_t seen = 0;  ///< images in training
};

/// Writes a model file: the description, the weights under the names of DarknetNetwork, labels, preprocessing (RGB, 0..1, the description's
/// size). Throws FileError as the readers, OptionError when the number of names is not that of the classes or nothing decodes boxes.
DarknetImportSummary import_darknet(const DarknetImportOptions& options, const std::filesystem::path& out);

/// Writes the description and the weights of such a model file. Throws FileError for other model files.
void export_darknet(const std::filesystem::path& model, const std::filesystem::path& config, const std::filesystem::path& weights);

}  // namespace fovea
