// Everything that a classifier's training is made of, as one value and one JSON file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"

namespace fovea {

/// Equal recipes give equal weights, to the bit, on the same instruction set, for any number of threads and loader workers.
struct ClassifierRecipe {
  std::string task = "classify";
  std::string data;                  ///< "idx:DIR" or "folder:DIR"
  std::string names;                 ///< a text file with one class name per line, for formats that hold none
  std::string model = "lenet5";      ///< as in the catalogue
  std::string model_options = "{}";  ///< JSON text
  std::string weights;               ///< file to begin with (.fovea or safetensors); empty: weights drawn from the seed
  std::vector<std::string> allow;    ///< patterns of names that need not fit in `weights`; "head": the last layer begins anew
  std::int64_t epochs = 10;
  std::int64_t batch = 64;
  std::string image_size;            ///< "N" or "WxH"; empty: the images' own where all have one (IDX), else the network's usual
  std::int64_t channels = 0;         ///< 1 or 3; 0: what the images have (IDX 1, folders 3)
  std::string resize = "stretch";    ///< stretch, letterbox, center_crop
  std::vector<std::string> augment;  ///< of "flip", "crop" (padded by an eighth of the smaller side), "resized-crop"
  std::string optimizer = "sgd";     ///< sgd, adamw
  double learning_rate = 0;          ///< the peak; 0: 0.05 for sgd, 0.001 for adamw
  double momentum = 0.9;             ///< sgd
  bool nesterov = true;              ///< sgd
  double weight_decay = 5e-4;        ///< not on biases and norms
  std::string schedule = "cosine";   ///< constant, step, cosine
  double warmup_epochs = 0.5;
  double step_epochs = 5;    ///< step: epochs between changes ...
  double step_factor = 0.1;  ///< ... and the factor
  double label_smoothing = 0;
  std::string precision = "f32";  ///< of activations and their gradients: f32, bf16
  std::uint64_t seed = 1;

  Json to_json() const;
  /// Strict: unknown keys are errors naming the nearest known one. Keys that are missing keep their defaults; "fovea_version" and
  /// "machine", which a run folder's recipe also holds, are allowed.
  static ClassifierRecipe from_json(const Json& json, const std::string& where);
};

/// "N" (square) or "WxH". Throws OptionError naming the text.
struct ImageSize {
  int width, height;
};
ImageSize parse_image_size(const std::string& text);

}  // namespace fovea
