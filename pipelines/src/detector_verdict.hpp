// How good the best weights of a detector's training are, in numbers and pictures.
#pragma once

#include <filesystem>
#include <string>

#include "detector_setup.hpp"
#include "training_run.hpp"

namespace fovea {

/// Runs the model file `best` on the validation images. Leaves in the run folder validation.json, report.html, and in plots/
/// precision_recall (.png, .svg), confusion_matrix.png and found.png. Gives the text of validation.json. Throws Stopped.
std::string judge_best_weights(const TrainingRun& run, const DetectorSetup& setup, const std::filesystem::path& best);

}  // namespace fovea
