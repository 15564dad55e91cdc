#include "fovea/data/label_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

std::string trimmed(const std::string& line) {
  constexpr const char* kSpace = " \t\r";
  const std::size_t begin = line.find_first_not_of(kSpace);
  return begin == std::string::npos ? "" : line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::vector<std::string> read_label_names(const std::filesystem::path& path) {
  std::vector<std::string> names = split(read_text_file(path), '\n');
  std::transform(names.begin(), names.end(), names.begin(), trimmed);
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.empty()) throw FileError(path.string(), "holds no class names, expected one per line");
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto line = name - names.begin() + 1;
    if (name->empty()) throw FileError(path.string(), fmt::format("line {} is empty, expected a class name", line));
    if (std::find(names.begin(), name, *name) != name)
      throw FileError(path.string(), fmt::format("line {}: \"{}\" for the second time", line, *name));
  }
  return names;
}

}  // namespace fovea
