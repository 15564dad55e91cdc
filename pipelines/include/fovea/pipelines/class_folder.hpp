// Class names as names of folders.
#pragma once

#include <algorithm>
#include <string>

namespace fovea {

/// "T-shirt/top" -> "T-shirt-top": a label may hold what a file name cannot.
inline std::string class_folder(std::string label) {
  std::replace(label.begin(), label.end(), '/', '-');
  return label;
}

}  // namespace fovea
