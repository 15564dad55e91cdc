// JSON values in the order they were written, and strict reading of options.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// Keys keep their order. Include <nlohmann/json.hpp> where values are built or read.
using Json = nlohmann::ordered_json;

/// Parses a text; `where` names it in errors. Throws FileError with line and column.
Json parse_json(std::string_view text, const std::string& where);
Json read_json_file(const std::filesystem::path& path);

/// Two-space indentation and a final newline; doubles read back to the same bits. Non-finite numbers become null.
std::string to_text(const Json& json);
void write_json_file(const std::filesystem::path& path, const Json& json);

/// Throws OptionError naming the first key of `object` that is not in `known`, and the nearest one that is.
/// `where` names the object in the message ("model options of lenet5").
void require_known_keys(const Json& object, std::span<const std::string> known, std::string_view where);

/// Throws OptionError "<where>: <key> is missing" naming the first of `keys` that `object` lacks.
void require_keys(const Json& object, std::span<const std::string> keys, std::string_view where);

/// Reads object[key] into `value` when the key is there; otherwise `value` stays. Throws OptionError naming `where`, the key, the expected
/// kind and what was found when the value is of another kind.
void read_option(const Json& object, const char* key, bool& value, std::string_view where);
void read_option(const Json& object, const char* key, int& value, std::string_view where);
void read_option(const Json& object, const char* key, std::int64_t& value, std::string_view where);
void read_option(const Json& object, const char* key, std::uint64_t& value, std::string_view where);
void read_option(const Json& object, const char* key, double& value, std::string_view where);
void read_option(const Json& object, const char* key, std::string& value, std::string_view where);
void read_option(const Json& object, const char* key, std::vector<std::int64_t>& value, std::string_view where);
void read_option(const Json& object, const char* key, std::vector<double>& value, std::string_view where);
void read_option(const Json& object, const char* key, std::vector<std::string>& value, std::string_view where);

}  // namespace fovea
