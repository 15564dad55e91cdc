// Everything that a detector's training is made of, as one value and one JSON file.
#pragma once

#include <string>

#include "fovea/detection/multi_scale.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea {

/// Equal recipes give equal weights, to the bit, on the same instruction set, for any number of threads and loader workers.
struct DetectorRecipe {
  /// What trainings of all tasks have: data, model and its options (detector_catalogue.hpp), epochs, batch, sizes, augmentation of
  /// pictures, optimiser, schedule, averages, precision, seed. What belongs to classes of whole images is an error here.
  ClassifierRecipe training = {.task = "detect", .model = "center-tiny", .resize = "letterbox"};
  std::string train_split = "train";
  std::string val_split = "val";
  std::string val_data;      ///< where the validation pictures are, for formats without splits (COCO); empty: as the others
  double mosaic = 0;         ///< probability that a picture is made of four
  double min_visible = 0.2;  ///< objects of whose box less than this part stays in a changed picture are left out
  /// Batches of changing input size; {"min", "max", "every"} in the file, null for none. The stride is the detector's, not the recipe's.
  MultiScaleOptions multi_scale = {};

  Json to_json() const;
  /// Strict, as ClassifierRecipe's.
  static DetectorRecipe from_json(const Json& json, const std::string& where);
};

}  // namespace fovea
