// The cases of the files that tests/golden/make_zoo_goldens.py writes, one test for each.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/pipelines/catalogue.hpp"

namespace fovea::test {

/// The names of the file's cases (a list of objects with a "name", or an object by name) that are, or are not, in `slow`.
inline std::vector<std::string> case_names(const char* file, const std::vector<std::string>& slow, bool want_slow) {
  const Json golden = read_json_file(std::string(FOVEA_GOLDEN_FOLDER "/") + file);
  std::vector<std::string> names;
  const auto keep = [&](const std::string& name) {
    if ((std::find(slow.begin(), slow.end(), name) != slow.end()) == want_slow) names.push_back(name);
  };
  if (golden.contains("networks")) {
    for (const auto& [name, value] : golden.at("networks").items()) keep(name);
  } else {
    for (const Json& c : golden.at("cases")) keep(c.at("name"));
  }
  return names;
}

inline Json case_named(const char* file, const std::string& name) {
  const Json golden = read_json_file(std::string(FOVEA_GOLDEN_FOLDER "/") + file);
  for (const Json& c : golden.at("cases"))
    if (c.at("name") == name) return c;
  return {};
}

inline Shape input_of(const Json& c) { return Shape(c.at("input").get<std::vector<std::int64_t>>()); }

/// The catalogue's network for a case's input, classes and options.
inline std::unique_ptr<Layer> network_of(const Json& c) {
  const Shape input = input_of(c);
  const std::string name = c.at("name");
  return build_network(
      network_architecture(name, {.height = input[1], .width = input[2], .channels = input[3]}, c.at("classes"), c.at("options")), name);
}

inline std::string test_name(const testing::TestParamInfo<std::string>& test) {
  std::string name = test.param;
  std::erase(name, '-');
  return name;
}

}  // namespace fovea::test
