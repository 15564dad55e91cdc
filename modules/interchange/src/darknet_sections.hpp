// The outer form of Darknet's descriptions: sections of keys and values with their lines.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

struct DarknetLine {
  std::string key, value;
  int line = 0;
};

struct DarknetSection {
  std::string name;
  int line = 0;
  std::vector<DarknetLine> lines;
};

template <class... Arguments>
[[noreturn]] void fail_at_line(const std::string& where, int line, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw FileError(where, fmt::format("line {}: ", line) + fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// A key may come twice with one value; with two, programs differ in which they take, so that it is an error.
std::vector<DarknetSection> split_darknet_sections(std::string_view text, const std::string& where);

}  // namespace fovea
