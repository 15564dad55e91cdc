// Image files with one class each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/dataset.hpp"

namespace fovea {

struct LabelledFile {
  std::filesystem::path path;
  std::int64_t label;
};

/// Decodes a file when its sample is asked for. Ids are the paths below `root`: "val/bees/1.jpg".
ClassificationDatasetPtr labelled_files(std::filesystem::path root, std::vector<LabelledFile> files, std::vector<std::string> labels);

}  // namespace fovea
