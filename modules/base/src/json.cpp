#include "fovea/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

Json parse_json(std::string_view text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    throw FileError(where, fmt::format("is not valid JSON at line {}, column {}", line, before.size() - line_start + 1));
  } catch (const Json::out_of_range&) {
    throw FileError(where, "is not valid JSON: a number is too large for a double");
  }
}

Json read_json_file(const std::filesystem::path& path) { return parse_json(read_text_file(path), path.string()); }

std::string to_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

void write_json_file(const std::filesystem::path& path, const Json& json) { write_file(path, to_text(json)); }

void require_known_keys(const Json& object, std::span<const std::string> known, std::string_view where) {
  if (!object.is_object()) throw OptionError(fmt::format("{}: expected a JSON object, found {}", where, object.type_name()));
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw OptionError(fmt::format("{}: {}", where, unknown_name_message("key", key, known)));
}

void require_keys(const Json& object, std::span<const std::string> keys, std::string_view where) {
  for (const std::string& key : keys)
    if (!object.contains(key)) throw OptionError(fmt::format("{}: {} is missing", where, key));
}

namespace {

bool is_whole(const Json& value) { return value.is_number_integer(); }
bool is_int(const Json& value) {
  const double number = value.is_number_integer() ? value.get<double>() : 0.5;
  return number == std::floor(number) && std::abs(number) <= std::numeric_limits<int>::max();
}
bool is_count(const Json& value) { return value.is_number_unsigned(); }
bool is_number(const Json& value) { return value.is_number(); }
bool is_truth(const Json& value) { return value.is_boolean(); }
bool is_text(const Json& value) { return value.is_string(); }

template <class T>
void read_checked(const Json& object, const char* key, T& value, std::string_view where, bool (*fits)(const Json&), const char* expected) {
  if (!object.is_object()) throw OptionError(fmt::format("{}: expected a JSON object, found {}", where, object.type_name()));
  const auto found = object.find(key);
  if (found == object.end()) return;
  const bool is_list = found->is_array();
  const bool good = is_list ? std::all_of(found->begin(), found->end(), fits) : fits(*found);
  constexpr bool kWantsList = requires { value.push_back(typename T::value_type{}); }
  &&!std::is_same_v<T, std::string>;
  if (!good || is_list != kWantsList) throw OptionError(fmt::format("{}: {} is {}, expected {}", where, key, found->dump(), expected));
  value = found->template get<T>();
}

}  // namespace

void read_option(const Json& object, const char* key, bool& value, std::string_view where) {
  read_checked(object, key, value, where, is_truth, "true or false");
}
void read_option(const Json& object, const char* key, int& value, std::string_view where) {
  read_checked(object, key, value, where, is_int, "a whole number of at most 2147483647");
}
void read_option(const Json& object, const char* key, std::int64_t& value, std::string_view where) {
  read_checked(object, key, value, where, is_whole, "a whole number");
}
void read_option(const Json& object, const char* key, std::uint64_t& value, std::string_view where) {
  read_checked(object, key, value, where, is_count, "a whole number of at least 0");
}
void read_option(const Json& object, const char* key, double& value, std::string_view where) {
  read_checked(object, key, value, where, is_number, "a number");
}
void read_option(const Json& object, const char* key, std::string& value, std::string_view where) {
  read_checked(object, key, value, where, is_text, "a text");
}
void read_option(const Json& object, const char* key, std::vector<std::int64_t>& value, std::string_view where) {
  read_checked(object, key, value, where, is_whole, "a list of whole numbers");
}
void read_option(const Json& object, const char* key, std::vector<double>& value, std::string_view where) {
  read_checked(object, key, value, where, is_number, "a list of numbers");
}
void read_option(const Json& object, const char* key, std::vector<std::string>& value, std::string_view where) {
  read_checked(object, key, value, where, is_text, "a list of texts");
}

}  // namespace fovea
