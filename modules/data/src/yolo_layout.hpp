// Where the images and label files of a YOLO data set lie.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/yolo.hpp"

namespace fovea {

struct YoloLayout {
  struct Pair {
    std::filesystem::path image, label;  ///< the label may be missing
  };
  std::vector<Pair> pairs;
  std::vector<std::string> names;
  std::string split;
};

/// Throws FileError and OptionError.
YoloLayout find_yolo_layout(const std::filesystem::path& source, const YoloOptions& options);

}  // namespace fovea
