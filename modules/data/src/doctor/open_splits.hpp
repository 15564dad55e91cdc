// Every split of a data set, read as far as it can be read.
#pragma once

#include "fovea/data/doctor.hpp"

namespace fovea::doctor {

/// Splits without their image files looked at; findings are what the readers refuse.
Inspection open_splits(const std::vector<std::string>& sources, const DoctorOptions& options);

/// The folder of what "folder:DIR" names.
std::filesystem::path path_of(const std::string& source);
std::string scheme_of(const std::string& source);

}  // namespace fovea::doctor
