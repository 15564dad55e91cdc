// Run folders of trainings that are done.
#pragma once

#include <filesystem>

#include "fovea/pipelines/training_recipe.hpp"

namespace fovea {

/// Whether the folder holds a training that came to its end.
bool is_finished(const std::filesystem::path& folder);

/// The recipe that a run folder was trained with. Throws FileError, OptionError.
TrainingRecipe recipe_in(const std::filesystem::path& folder);

/// Throws OptionError naming the first key that a finished training had otherwise than `wanted`; what `wanted` leaves open may be anything.
void require_recipe_of(const std::filesystem::path& folder, const TrainingRecipe& wanted);

}  // namespace fovea
