// One line of a JSON lines file.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "fovea/base/json.hpp"

namespace fovea {

/// With its newline; text that is not UTF-8 (names of files) gets replacement characters.
inline std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace fovea
