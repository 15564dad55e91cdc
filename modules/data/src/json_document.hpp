// A large JSON file, parsed fast, whose every error names the file and the place.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "fovea/data/finding.hpp"

namespace fovea {

/// Where a value stands, put into words only when something is wrong with it: annotations[17].bbox.
struct JsonPlace {
  const char* list = "";
  std::size_t index = 0;
  std::string_view key = {};

  JsonPlace at(std::string_view name) const { return {list, index, name}; }
};

class JsonDocument {
 public:
  using Element = simdjson::dom::element;
  using Object = simdjson::dom::object;
  using Array = simdjson::dom::array;

  /// Throws FileError with line and column when the file is no JSON.
  explicit JsonDocument(const std::filesystem::path& path);

  Element root() const { return root_; }

  // Each throws FileError naming the place when the value is of another kind.
  Array array(Element element, const JsonPlace& place) const;
  Object object(Element element, const JsonPlace& place) const;
  std::int64_t integer(Element element, const JsonPlace& place) const;
  double number(Element element, const JsonPlace& place) const;
  bool truth(Element element, const JsonPlace& place) const;  ///< 0, 1, false, true
  std::string_view text(Element element, const JsonPlace& place) const;

  /// Throws ItemError.
  [[noreturn]] void fail(const JsonPlace& place, const std::string& message, FindingKind kind = FindingKind::malformed) const;

 private:
  [[noreturn]] void fail_to_parse(simdjson::error_code error, std::string_view text) const;
  [[noreturn]] void fail_kind(const JsonPlace& place, const char* expected, Element found) const;

  std::string path_;
  simdjson::dom::parser parser_;
  Element root_;
};

}  // namespace fovea
