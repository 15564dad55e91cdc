// Flags of verbs that read label maps.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/data/segmentation_source.hpp"

namespace fovea::cli {

struct LabelFlags {
  std::vector<int> values;
  std::string ignored;  ///< a number, or "none"
  std::string crowds = "ignored";
  std::string image_root;

  void add_to(CLI::App& command);
  /// What they say, split, names and seed aside. Throws OptionError.
  SegmentationDataOptions options() const;
};

}  // namespace fovea::cli
