// Names of classes in text files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

/// One name per line; spaces around a name and empty lines at the end are dropped. Throws FileError when there is no name, an empty line
/// between names, or a name twice.
std::vector<std::string> read_label_names(const std::filesystem::path& path);

}  // namespace fovea
