// Looking before leaping: what goes wrong in trainings shows in their first seconds.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/train_environment.hpp"

namespace fovea {

struct SanityCheck {
  std::string name;  ///< "initial_loss"
  bool passed = true;
  std::string statement;                               ///< one line for a person, with the figures
  std::vector<std::pair<std::string, double>> values;  ///< the figures by name
};

struct SanityReport {
  std::vector<SanityCheck> checks;
  bool passed() const;
};

/// The sequence of lecture 7 of CS231n (2018), before a training of `recipe`; nothing is trained in the end:
///     labels         all in range, every class among the training images
///     inputs         mean and deviation of each channel of the batches: within 0.5 of 0, between 0.5 and 2
///     initial_loss   from half of log C, the loss of even odds, to log C + 3 (with weights to begin with it may be less)
///     regularization the recipe's penalties add to the loss, and its weight decay makes the weights smaller
///     overfits       the recipe's optimiser, without decay, fits 20 training images: the loss falls to a tenth of log C in 300 updates
/// Writes plots/batch.png (the first training batch as the network gets it, with labels) and check.json into `environment.out`.
SanityReport check_training(const ClassifierRecipe& recipe, const TrainEnvironment& environment);

/// The same for a detector:
///     labels         every class has training objects, and all lie in their images and have an area
///     inputs         mean of each channel within 1 of 0, deviation from 0.05 to 2: detectors take pixels from 0 to 1
///     initial_loss   the terms of the loss are finite and not negative, and the objects matter: without them the loss is another one
///     regularization as above
///     overfits       the recipe's optimiser, without decay, fits 4 training images as they are: the loss falls to a fifth in 300 updates
/// plots/batch.png has the boxes drawn in.
SanityReport check_training(const DetectorRecipe& recipe, const TrainEnvironment& environment);

/// {"passed", "checks": [{"name", "passed", "statement", the values by name}]}
Json to_json(const SanityReport& report);

}  // namespace fovea
