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
  std::vector<std::string> freeze;   ///< patterns of parameters that are not trained: "backbone.*"
  std::vector<std::string> allow;    ///< patterns of names that need not fit in `weights`; "head": the last layer begins anew
  /// All but the top of the network (network_top.hpp) is frozen, and what it computes of each image is computed once, before the first
  /// epoch, and kept in memory. The same weights, to the bit, as freezing alone gives, but for dropout below the top. No augmentation.
  bool cache_features = false;
  std::int64_t epochs = 10;
  std::int64_t batch = 64;
  std::string image_size;          ///< "N" or "WxH"; empty: the images' own where all have one (IDX), else the network's usual
  std::int64_t channels = 0;       ///< 1 or 3; 0: what the images have (IDX 1, folders 3)
  std::string resize = "stretch";  ///< stretch, letterbox, center_crop
  /// Of whole batches "mixup", "cutmix", "cutout"; of pictures what augmentation_recipe.hpp knows: names, or JSON text of objects with
  /// options. In a recipe's file these are objects.
  std::vector<std::string> augment;
  /// Augmented pictures come from large JPEGs decoded at 1/2, 1/4 or 1/8 of their size where they are shrunk by as much (InputReader).
  /// False: their pixels are those of a full decode. Pictures that are not augmented, as in validation, always are.
  bool reduced_decoding = true;
  double mixup_alpha = 0.2;              ///< mixup: the proportions come from Beta(alpha, alpha)
  double cutmix_alpha = 1;               ///< cutmix: the same for areas
  double cutout_share = 0.5;             ///< cutout: of the image's shorter side
  std::string optimizer = "sgd";         ///< sgd, adam, adamw, adagrad, rmsprop, adadelta
  std::string optimizer_options = "{}";  ///< JSON text: options of the optimiser by their names in its header
  double learning_rate = 0;              ///< the peak; 0: the optimiser's usual (training_parts.cpp)
  double momentum = 0.9;                 ///< sgd
  bool nesterov = true;                  ///< sgd
  double weight_decay = 5e-4;            ///< not on biases and norms
  /// constant, step, multi-step, exponential, inverse-time, linear, polynomial, cosine, cosine-restarts, one-cycle, plateau
  std::string schedule = "cosine";
  /// JSON text. All: warmup (linear, constant), warmup_factor. multi-step: milestones (epochs), factor. exponential: factor (an epoch).
  /// inverse-time: decay (an epoch). linear, polynomial, cosine: final_rate; polynomial: power. cosine-restarts: period_epochs,
  /// period_factor, final_rate. one-cycle: rising_share, initial_divisor, final_divisor, linear, three_phases. plateau: metric (val_loss,
  /// else larger is better), factor, patience, threshold, relative, cooldown, minimum (the rate is constant until it falls).
  std::string schedule_options = "{}";
  double warmup_epochs = 0.5;  ///< none with one-cycle, which has its own
  double step_epochs = 5;      ///< step: epochs between changes ...
  double step_factor = 0.1;    ///< ... and the factor
  double label_smoothing = 0;
  std::int64_t accumulate = 1;  ///< batches whose gradients make one update
  double clip_norm = 0;         ///< limit of the norm of all gradients together; 0: none
  double clip_value = 0;        ///< limit of every gradient's magnitude; 0: none
  double l1 = 0;                ///< penalty l1 * sum |w|, not on biases and norms
  double max_norm = 0;          ///< limit of the norm of every unit's weights; 0: none
  double ema_decay = 0;         ///< above 0: an exponential average of the weights is validated too, as ema_val_loss, ...
  /// What the best epoch is chosen by: val_loss (less is better), val_top1, val_top5 or, with ema_decay, one of these with "ema_" before
  /// it; then weight files hold the averages. Empty: val_top1, with ema_decay ema_val_top1.
  std::string metric;
  std::int64_t patience = 0;  ///< above 0: the training ends after so many epochs in a row that were not the best
  /// cosine-restarts: keeps the weights of every cycle's end as weights/snapshot-K.fovea, an ensemble (Huang et al. 2017).
  bool snapshots = false;
  /// At least 2: cross-validation. The training and validation images are divided by chance, class by class, into so many parts ...
  std::int64_t folds = 0;
  std::int64_t fold = 1;  ///< ... and this one, from 1, is what is validated on
  /// JSON text: a list of {"pattern": "backbone.*", "rate_factor": 0.1, "weight_decay": 0, "frozen": false}; the first that fits counts.
  std::string groups = "[]";
  std::int64_t log_every = 20;    ///< updates between entries of log.jsonl and the event file; 0: epochs only
  std::string precision = "f32";  ///< of activations and their gradients: f32, bf16
  std::uint64_t seed = 1;
  std::uint64_t data_seed = 0;  ///< of the division into training and validation images, where the data has none; 0: the seed

  std::uint64_t split_seed() const { return data_seed != 0 ? data_seed : seed; }
  /// What of `augment` changes pictures one by one: a list for augmentation_recipe.hpp. Throws OptionError for text that is no JSON.
  Json picture_augmentations() const;
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
