// Where a text stops being JSON.
#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// "line 3, column 17" of the first character that is wrong; "" when there is none. Takes no memory for the content.
std::string json_error_place(std::string_view text);

}  // namespace fovea
