// The flags of train that only detectors have.
#pragma once

#include "fovea/pipelines/detector_recipe.hpp"
#include "recipe_flags.hpp"

namespace fovea::cli {

struct TrainDetectorFlags {
  Override<std::string> train_split, val_split, val_data;
  Override<double> mosaic;

  void add_to(CLI::App& command);
  bool any() const { return train_split.value || val_split.value || val_data.value || mosaic.value; }
  /// The recipe of `common`, a detector's, with these. Throws OptionError and FileError.
  DetectorRecipe recipe(const RecipeFlags& common, const SharedOptions& shared) const;
};

}  // namespace fovea::cli
