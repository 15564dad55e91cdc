#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

namespace {

using ResizeMode = Preprocessing::ResizeMode;

const std::array<std::string, 3> kResizeModes{"stretch", "letterbox", "center_crop"};  // in the order of ResizeMode
const std::array<std::string, 7> kKeys{"width", "height", "channels", "resize", "pad_value", "mean", "deviation"};

const Json& member(const Json& json, const std::string& key, std::string_view where) {
  const auto found = json.find(key);
  if (found == json.end()) throw OptionError(fmt::format("{}: {} is missing", where, key));
  return *found;
}

int integer(const Json& json, const std::string& key, std::string_view where) {
  const Json& value = member(json, key, where);
  constexpr std::int64_t kLargest = 1 << 20;
  if (!value.is_number_integer() || value.get<double>() < -static_cast<double>(kLargest) || value.get<double>() > kLargest)
    throw OptionError(fmt::format("{}: {} is {}, expected a whole number up to {}", where, key, value.dump(), kLargest));
  return value.get<int>();
}

std::vector<double> numbers(const Json& json, const std::string& key, std::string_view where) {
  const Json& value = member(json, key, where);
  const auto is_number = [](const Json& entry) { return entry.is_number(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_number))
    throw OptionError(fmt::format("{}: {} is {}, expected a list of numbers", where, key, value.dump()));
  return value.get<std::vector<double>>();
}

}  // namespace

const char* name_of(ResizeMode mode) { return kResizeModes[static_cast<std::size_t>(mode)].c_str(); }

ResizeMode resize_mode_from(std::string_view name) {
  for (std::size_t i = 0; i < kResizeModes.size(); ++i)
    if (kResizeModes[i] == name) return static_cast<ResizeMode>(i);
  throw OptionError(unknown_name_message("resize mode", name, kResizeModes));
}

Json Preprocessing::to_json() const {
  return {{"width", width},         {"height", height}, {"channels", channels},  {"resize", name_of(resize)},
          {"pad_value", pad_value}, {"mean", mean},     {"deviation", deviation}};
}

Preprocessing Preprocessing::from_json(const Json& json, std::string_view where) {
  require_known_keys(json, kKeys, where);
  Preprocessing result;
  result.width = integer(json, "width", where);
  result.height = integer(json, "height", where);
  result.channels = integer(json, "channels", where);
  const Json& mode = member(json, "resize", where);
  if (!mode.is_string()) throw OptionError(fmt::format("{}: resize is {}, expected a name", where, mode.dump()));
  result.resize = resize_mode_from(mode.get<std::string>());
  if (json.contains("pad_value")) result.pad_value = integer(json, "pad_value", where);
  result.mean = numbers(json, "mean", where);
  result.deviation = numbers(json, "deviation", where);
  result.check(where);
  return result;
}

}  // namespace fovea
