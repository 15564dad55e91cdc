// Looking again at the batch that stopped a training.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fovea/training/anomaly.hpp"

namespace fovea {

struct ReplayResult {
  std::string network;             ///< as in the catalogue
  std::optional<Anomaly> anomaly;  ///< nothing when all numbers are finite this time
  std::string text;                ///< for a person
  std::string json;                ///< "finite", "operation", "layer", "pass" (forward, backward), "parameter", "samples" (names)
};

/// Runs the step of a replay file (state/replay.state of a run folder) again, with its weights, batch and random numbers, and watches every
/// operation. It needs no data set. Throws FileError when the file is none or damaged.
ReplayResult replay_batch(const std::filesystem::path& file);

}  // namespace fovea
