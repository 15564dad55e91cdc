// fovea benchmark --models: detectors and engines side by side.
#pragma once

#include <string>
#include <vector>

#include "detector_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

struct BenchmarkModelsFlags {
  DetectorFlags detector;  ///< engine: several, with commas
  std::vector<std::string> models;
  std::string data, split, image_root, plots;
  bool only_memory = false;  ///< of the one model that is given; what the program calls itself with

  void add_to(CLI::App& command);
};

/// Gives the exit code: 1 when some could not be measured.
int run_benchmark_models(const BenchmarkModelsFlags& flags, const SharedOptions& shared, std::int64_t rounds);

}  // namespace fovea::cli
