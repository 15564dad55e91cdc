// Weights on the way between networks, this library's files and other frameworks'.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fovea/interchange/model_file.hpp"
#include "fovea/nn/module.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"

namespace fovea {

/// load_state() into a module's state: `tensors` have its names and are in file layout (channels first), as torch's state dicts.
///     load_state(network, read_safetensors("resnet50.safetensors").tensors, {.allow = {"fc.*"}});
std::vector<std::string> load_state(Module& module, std::span<const NamedTensor> tensors, const LoadStateOptions& options = {},
                                    const std::string& where = "state");

/// The tensors of a safetensors file; a model file is one too.
std::vector<NamedTensor> read_weights(const std::filesystem::path& path);

/// The pattern of the parameters of a classifier's last layer, its head: "fc.*", "classifier.6.*". Throws OptionError for a network without
/// parameters.
std::string head_pattern(const Module& network);

/// Per channel of red, green, blue in 0..1: the statistics of ImageNet's training images, with which torchvision's weights were trained.
inline const std::vector<double> kImageNetMean = {0.485, 0.456, 0.406}, kImageNetDeviation = {0.229, 0.224, 0.225};

struct ImportOptions {
  std::string model;                    ///< as in the catalogue
  std::string model_options = "{}";     ///< JSON text
  std::vector<std::string> names;       ///< of the classes; empty: "0", "1", ...
  std::string image_size;               ///< "N" or "WxH"; empty: the network's usual
  std::string resize = "stretch";       ///< stretch, letterbox, center_crop
  std::vector<double> mean, deviation;  ///< per channel, for values in 0..1; empty: ImageNet's for 3 channels, else 0 and 1
  LoadStateOptions load;
};

struct ImportedClassifier {
  ClassificationPipeline pipeline;
  std::vector<std::string> left;  ///< names that `load.allow` let keep their first values, drawn with seed 1
};

/// A classifier from a safetensors file that holds a torch state dict. The file decides the number of classes, by the bias of the last
/// layer, and the channels of the image, by the filters of the first. Throws FileError listing everything that does not fit, OptionError
/// for unknown networks and options, or another number of names than classes.
ImportedClassifier import_torch_classifier(const std::filesystem::path& path, const ImportOptions& options);

/// Writes the tensors of a model file as a safetensors file that torch's networks load: the same names, channels first, and the metadata
/// that safetensors' own Python package writes for torch.
void export_safetensors(const std::filesystem::path& model, const std::filesystem::path& out);

}  // namespace fovea
