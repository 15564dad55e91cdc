// A split without the faults that can be mended without asking.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/doctor.hpp"

namespace fovea::doctor {

struct RepairedSplit {
  DetectionDataset boxes;
  std::vector<std::filesystem::path> files;  ///< of each image; empty when nobody knows them
  std::vector<std::string> changes;          ///< a line each
};

RepairedSplit repaired(const InspectedSplit& split);

}  // namespace fovea::doctor
