// What a command has written, a value a line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"

namespace fovea::test {

inline std::vector<Json> read_json_lines(const std::filesystem::path& file) {
  std::vector<Json> list;
  for (const std::string& line : split(read_text_file(file), '\n'))
    if (!line.empty()) list.push_back(Json::parse(line));
  return list;
}

}  // namespace fovea::test
