#include <fmt/format.h>

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
const std::array<std::string, 7> kKeys{"width", "height",    "channels", "resize",
                                       "mean",  "deviation", "pad_value"};  // the last may be missing

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
  require_keys(json, std::span(kKeys).first(kKeys.size() - 1), where);
  Preprocessing result;
  std::string mode;
  read_option(json, "width", result.width, where);
  read_option(json, "height", result.height, where);
  read_option(json, "channels", result.channels, where);
  read_option(json, "resize", mode, where);
  read_option(json, "pad_value", result.pad_value, where);
  read_option(json, "mean", result.mean, where);
  read_option(json, "deviation", result.deviation, where);
  result.resize = resize_mode_from(mode);
  result.check(where);
  return result;
}

}  // namespace fovea
