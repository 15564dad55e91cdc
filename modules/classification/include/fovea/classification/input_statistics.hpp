// Mean and deviation of the training images, for standardisation.
#pragma once

#include <vector>

#include "fovea/data/dataset.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

struct InputStatistics {
  std::vector<double> mean, deviation;  ///< per channel, of values in [0, 1]
};

/// Measured on the pixels of at most `limit` images, chosen by the seed, after the geometry of `preprocessing`. Give it the training split
/// only. A constant channel has deviation 1.
InputStatistics measure_inputs(const ClassificationDataset& dataset, const Preprocessing& preprocessing, std::int64_t limit,
                               std::uint64_t seed);

}  // namespace fovea
