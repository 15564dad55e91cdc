// Counting what is other in a data set that was written and read again.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace fovea {

/// Counts the differences of one property and keeps the first.
class Property {
 public:
  explicit Property(std::string name) : name_(std::move(name)) {}

  template <class Value>
  void compare(const Value& expected, const Value& found, const std::string& where) {
    note(expected == found, where, [&] { return fmt::format("{}, found {}", expected, found); });
  }
  template <class Describe>
  void note(bool equal, const std::string& where, Describe&& describe) {
    ++compared_;
    if (equal) return;
    if (different_++ == 0) first_ = fmt::format("first in \"{}\": {}", where, describe());
  }
  void append_to(std::vector<std::string>& lines, const std::string& more = "") const {
    if (different_ > 0) lines.push_back(fmt::format("{}: {} of {} differ, {}{}", name_, different_, compared_, first_, more));
  }

 private:
  std::string name_, first_;
  std::size_t compared_ = 0, different_ = 0;
};

}  // namespace fovea
