// Which release of fovea this is.
#pragma once

namespace fovea {

/// "0.1.0": major, minor, patch.
const char* version();

}  // namespace fovea
