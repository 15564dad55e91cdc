#include "train_detector_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"

namespace fovea::cli {

void TrainDetectorFlags::add_to(CLI::App& command) {
  command.add_option("--train-split", train_split.value, "detect: split that is trained on (train); VOC: any of its ImageSets");
  command.add_option("--val-split", val_split.value, "detect: split that is validated on (val)");
  command.add_option("--val-data", val_data.value, "detect: where the validation pictures are, for formats without splits (coco:FILE)");
  command.add_option("--mosaic", mosaic.value, "detect: probability that a picture is made of four (0)");
  command
      .add_option("--multi-scale", multi_scale.value,
                  "detect: input sizes from MIN to MAX times the usual one, another every so many batches: 0.75,1.25,10")
      ->delimiter(',')
      ->expected(3);
}

void TrainDetectorFlags::require_none() const {
  if (train_split.value || val_split.value || val_data.value || mosaic.value || multi_scale.value)
    throw OptionError("--train-split, --val-split, --val-data, --mosaic and --multi-scale are for --task detect");
}

DetectorRecipe TrainDetectorFlags::recipe(const RecipeFlags& common, const SharedOptions& shared) const {
  DetectorRecipe recipe =
      common.config.empty() ? DetectorRecipe{} : DetectorRecipe::from_json(read_json_file(common.config), common.config);
  common.apply_to(recipe.training, shared);
  train_split.apply(recipe.train_split);
  val_split.apply(recipe.val_split);
  val_data.apply(recipe.val_data);
  mosaic.apply(recipe.mosaic);
  if (const auto& values = multi_scale.value)
    recipe.multi_scale = {.min = (*values)[0], .max = (*values)[1], .every = static_cast<std::int64_t>((*values)[2])};
  return recipe;
}

}  // namespace fovea::cli
