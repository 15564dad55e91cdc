#include "json_document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "json_syntax.hpp"

namespace fovea {

namespace {

/// At most this much of a value is repeated in a message.
constexpr std::size_t kShown = 60;

std::string shown(simdjson::dom::element element) {
  if (element.is_array() || element.is_object()) return element.is_array() ? "a list" : "an object";
  std::string text = simdjson::minify(element);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

}  // namespace

JsonDocument::JsonDocument(const std::filesystem::path& path) : path_(path.string()) {
  std::string text = read_text_file(path);
  const std::size_t size = text.size();
  text.reserve(size + simdjson::SIMDJSON_PADDING);  // the parser reads past the end
  const simdjson::error_code error = parser_.parse(text.data(), size, false).get(root_);
  if (error != simdjson::SUCCESS) fail_to_parse(error, text);
}

void JsonDocument::fail_to_parse(simdjson::error_code error, std::string_view text) const {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw FileError(path_, "is empty, expected JSON");
  if (error == simdjson::DEPTH_ERROR)
    throw FileError(path_, fmt::format("is not usable: JSON nested more than {} levels deep", simdjson::DEFAULT_MAX_DEPTH));
  if (error == simdjson::CAPACITY) throw FileError(path_, "is not usable: JSON of more than 4 GiB");
  const std::string place = json_error_place(text);
  throw FileError(path_, place.empty() ? fmt::format("is not valid JSON: {}", simdjson::error_message(error))
                                       : fmt::format("is not valid JSON at {}", place));
}

void JsonDocument::fail(const JsonPlace& place, const std::string& message, FindingKind kind) const {
  std::string where = *place.list == '\0' ? std::string() : fmt::format("{}[{}]", place.list, place.index);
  if (!place.key.empty()) where += (where.empty() ? "" : ".") + std::string(place.key);
  throw ItemError(kind, path_, where.empty() ? message : where + ": " + message);
}

void JsonDocument::fail_kind(const JsonPlace& place, const char* expected, Element found) const {
  fail(place, fmt::format("expected {}, found {}", expected, shown(found)));
}

JsonDocument::Array JsonDocument::array(Element element, const JsonPlace& place) const {
  if (!element.is_array()) fail_kind(place, "a list", element);
  return element.get_array().value_unsafe();
}

JsonDocument::Object JsonDocument::object(Element element, const JsonPlace& place) const {
  if (!element.is_object()) fail_kind(place, "an object", element);
  return element.get_object().value_unsafe();
}

std::int64_t JsonDocument::integer(Element element, const JsonPlace& place) const {
  if (element.is_int64()) return element.get_int64().value_unsafe();
  if (element.is_double()) {  // some writers put ids through floating point
    const double value = element.get_double().value_unsafe();
    constexpr double kExact = 9007199254740992;  // 2^53
    if (value == static_cast<double>(static_cast<std::int64_t>(std::clamp(value, -kExact, kExact))))
      return static_cast<std::int64_t>(value);
  }
  fail_kind(place, "a whole number of 64 bits", element);
}

double JsonDocument::number(Element element, const JsonPlace& place) const {
  double value = 0;
  if (element.get_double().get(value) != simdjson::SUCCESS) fail_kind(place, "a number", element);
  return value;
}

bool JsonDocument::truth(Element element, const JsonPlace& place) const {
  if (element.is_bool()) return element.get_bool().value_unsafe();
  if (element.is_number()) {
    const double value = number(element, place);
    if (value == 0 || value == 1) return value == 1;
  }
  fail_kind(place, "0, 1, false or true", element);
}

std::string_view JsonDocument::text(Element element, const JsonPlace& place) const {
  if (!element.is_string()) fail_kind(place, "text", element);
  return element.get_string().value_unsafe();
}

}  // namespace fovea
