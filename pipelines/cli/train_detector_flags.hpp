// The flags of train that only detectors have.
#pragma once

#include "fovea/pipelines/detector_recipe.hpp"
#include "recipe_flags.hpp"

namespace fovea::cli {

struct TrainDetectorFlags {
  Override<std::string> train_split, val_split, val_data;
  Override<double> mosaic;
  Override<std::vector<double>> multi_scale;

  void add_to(CLI::App& command);
  /// Throws OptionError when one of these is given: for other tasks.
  void require_none() const;
  /// The recipe of `common`, a detector's, with these. Throws OptionError and FileError.
  DetectorRecipe recipe(const RecipeFlags& common, const SharedOptions& shared) const;
};

}  // namespace fovea::cli
