// The model file (.fovea): a safetensors file that also says what network its tensors belong to.
//
// Tensors have torchvision's names and channels-first shapes. The metadata holds
//     fovea.format_version   "1"
//     fovea.version          the release that wrote the file
//     fovea.task             "classify", ...
//     fovea.architecture     JSON: network and options
//     fovea.labels           JSON: names of the classes
//     fovea.preprocessing    JSON: from an image to the network's input
//     fovea.training         JSON: facts of the training run; may be missing
// This module writes and reads these texts and understands none of them but the labels.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fovea/interchange/safetensors.hpp"
#include "fovea/tensor/file_layout.hpp"

namespace fovea {

/// The format that this release writes, and the newest that it reads.
inline constexpr int kModelFormatVersion = 1;

struct ModelMetadata {
  std::string task = "classify";
  std::string architecture = "{}";  ///< JSON text, as the two below
  std::vector<std::string> labels;
  std::string preprocessing = "{}";
  std::string training;  ///< may be empty
};

struct ModelFile {
  ModelMetadata metadata;
  std::string written_by;            ///< the release of fovea that wrote the file
  std::vector<NamedTensor> tensors;  ///< in file layout (channels first)
};

/// Writes a model durably, its tensors converted to file layout. Throws FileError; OptionError when a text of `metadata` is not JSON.
void save_model(const std::filesystem::path& path, const StateDict& state, const ModelMetadata& metadata);

/// Throws FileError for a file that is no safetensors file, no fovea model, of a newer format, or whose metadata is damaged.
ModelFile load_model_file(const std::filesystem::path& path);

/// The metadata alone: reads the file's header and none of its tensors. Throws as load_model_file() does for what stands there.
ModelMetadata load_model_metadata(const std::filesystem::path& path);

struct LoadStateOptions {
  /// Patterns (matches_pattern: "fc.*") of names that need not fit: what is missing, unexpected, or of a wrong shape or type is left as it
  /// is. For another classifier on known features.
  std::vector<std::string> allow;
};

/// Copies `tensors` (in file layout) into the tensors of `destination`, matched by name. Strict but for `options.allow`: when names, shapes
/// or types do not fit, one FileError lists everything that is missing, unexpected, of a wrong shape (shapes in file layout) or of a wrong
/// type, and no tensor has been changed. f32, f64 and bf16 are converted into each other, other types must be equal. A buffer
/// "....num_batches_tracked" may be missing: files of earlier torch releases have none. `where` names the file in the error. Gives the
/// names in `destination` that were left as they are, in order. Throws OptionError naming a pattern that nothing matches.
std::vector<std::string> load_state(std::span<const NamedTensor> tensors, StateDict destination, const std::string& where,
                                    const LoadStateOptions& options = {});

}  // namespace fovea
