// Every split of a data set, read as far as it can be read.
#pragma once

#include "fovea/data/doctor.hpp"

namespace fovea::doctor {

/// Splits without their image files looked at; findings are what the readers refuse.
Inspection open_splits(const std::vector<std::string>& sources, const DoctorOptions& options);

}  // namespace fovea::doctor
