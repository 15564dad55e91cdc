#include "train_detector_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace fovea::cli {

void TrainDetectorFlags::add_to(CLI::App& command) {
  command.add_option("--train-split", train_split.value, "detect: split that is trained on (train); VOC: any of its ImageSets");
  command.add_option("--val-split", val_split.value, "detect: split that is validated on (val)");
  command.add_option("--val-data", val_data.value, "detect: where the validation pictures are, for formats without splits (coco:FILE)");
  command.add_option("--mosaic", mosaic.value, "detect: probability that a picture is made of four (0)");
}

DetectorRecipe TrainDetectorFlags::recipe(const RecipeFlags& common, const SharedOptions& shared) const {
  DetectorRecipe recipe =
      common.config.empty() ? DetectorRecipe{} : DetectorRecipe::from_json(read_json_file(common.config), common.config);
  common.apply_to(recipe.training, shared);
  train_split.apply(recipe.train_split);
  val_split.apply(recipe.val_split);
  val_data.apply(recipe.val_data);
  mosaic.apply(recipe.mosaic);
  return recipe;
}

}  // namespace fovea::cli
