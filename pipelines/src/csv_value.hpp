// One value of a CSV row.
#pragma once

#include <string>

namespace fovea {

/// Quoted when it holds a separator (RFC 4180).
inline std::string csv_value(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace fovea
