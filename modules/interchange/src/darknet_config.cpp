#include "fovea/interchange/darknet_config.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "darknet_keys.hpp"
#include "darknet_sections.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

constexpr const char* kActivations[] = {"linear", "leaky", "relu", "mish", "logistic", "swish"};
constexpr std::size_t kLongestList = 10'000;

/// All of `text` as a number.
template <class T>
std::optional<T> parse_number(const std::string& text) {
  T number{};
  const char *begin = text.data(), *end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// --- reading ----------------------------------------------------------------------------------------------------------------------

/// Visits the keys of one section and takes their values; what is left over belongs to training or is an error.
class SectionReader {
 public:
  SectionReader(const DarknetSection& section, const std::string& where) : section_(section), where_(where) {}

  static constexpr bool reads() { return true; }

  template <class T>
  void value(const char* key, T& member, DarknetRange<T> range) {
    if (const DarknetLine* line = take(key)) member = number(*line, line->value, range);
  }
  template <class T>
  void optional(const char* key, T& member, T, DarknetRange<T> range) {
    value(key, member, range);
  }
  void flag(const char* key, bool& member) {
    std::int64_t number = member ? 1 : 0;
    value(key, number, DarknetRange<std::int64_t>{0, 1});
    member = number != 0;
  }
  void optional_flag(const char* key, bool& member) { flag(key, member); }
  template <class T>
  void list(const char* key, std::vector<T>& member, DarknetRange<T> range) {
    const DarknetLine* line = take(key);
    if (line == nullptr) return;
    std::string text = line->value;
    if (text.ends_with(',')) text.pop_back();  // seen in descriptions in use
    const std::vector<std::string> parts = split(text, ',');
    if (parts.size() > kLongestList) fail(line->line, "{} has {} numbers, expected at most {}", key, parts.size(), kLongestList);
    for (const std::string& part : parts) member.push_back(number(*line, part, range));
  }
  void activation(const char* key, DarknetActivation& member) {
    const DarknetLine* line = take(key);
    if (line == nullptr) return;
    const auto found = std::find(std::begin(kActivations), std::end(kActivations), line->value);
    if (found == std::end(kActivations))
      fail(line->line, "{}",
           unknown_name_message("activation", line->value, std::vector<std::string>(std::begin(kActivations), std::end(kActivations))));
    member = static_cast<DarknetActivation>(found - std::begin(kActivations));
  }

  /// The lines that nobody took.
  std::vector<DarknetEntry> rest(const DarknetSectionKind& kind) const {
    std::vector<DarknetEntry> entries;
    for (const DarknetLine& line : section_.lines) {
      if (std::find(known_.begin(), known_.end(), line.key) != known_.end()) continue;
      check_rest(line, kind);
      entries.push_back({line.key, line.value});
    }
    return entries;
  }

  template <class... Arguments>
  [[noreturn]] void fail(int line, fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    fail_at_line(where_, line, "[{}] {}", section_.name, fmt::format(format, std::forward<Arguments>(arguments)...));
  }

 private:
  const DarknetLine* take(const char* key) {
    known_.emplace_back(key);
    const auto found = std::find_if(section_.lines.begin(), section_.lines.end(), [&](const DarknetLine& line) { return line.key == key; });
    return found == section_.lines.end() ? nullptr : &*found;
  }

  template <class T>
  T number(const DarknetLine& line, const std::string& text, DarknetRange<T> range) const {
    const std::optional<T> number = parse_number<T>(text);
    constexpr const char* kKind = std::is_integral_v<T> ? "an integer" : "a number";
    if (!number || !(range.low <= *number && *number <= range.high))
      fail(line.line, "{} is \"{}\", expected {} from {} to {}", line.key, text, kKind, range.low, range.high);
    return *number;
  }

  void check_rest(const DarknetLine& line, const DarknetSectionKind& kind) const {
    if (std::find(kind.training.begin(), kind.training.end(), line.key) != kind.training.end()) return;
    const auto refused =
        std::find_if(kind.refused.begin(), kind.refused.end(), [&](const DarknetEntry& entry) { return entry.key == line.key; });
    if (refused != kind.refused.end()) {
      if (line.value == refused->value) return;
      fail(line.line, "{} is {}, which fovea does not compute; expected {}", line.key, line.value, refused->value);
    }
    std::vector<std::string> known = known_;
    known.insert(known.end(), kind.training.begin(), kind.training.end());
    const std::string nearest = nearest_name(line.key, known);
    fail(line.line, "unknown key \"{}\"{}", line.key, nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
  }

  const DarknetSection& section_;
  const std::string& where_;
  std::vector<std::string> known_;
};

bool has_name(const DarknetSectionKind& kind, const std::string& name) {
  return std::find(kind.names.begin(), kind.names.end(), name) != kind.names.end();
}

DarknetLayer read_layer(const DarknetSection& section, const std::string& where) {
  const auto& kinds = darknet_layer_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const DarknetSectionKind& k) { return has_name(k, section.name); });
  if (kind == kinds.end()) {
    std::vector<std::string> names;
    for (const DarknetSectionKind& known : kinds) names.push_back(known.names.front());
    fail_at_line(where, section.line, "{}", unknown_name_message("section", section.name, names));
  }
  DarknetLayer layer{.operation = kind->operation, .training = {}, .line = section.line};
  SectionReader reader(section, where);
  std::visit([&](auto& operation) { visit_keys(reader, operation); }, layer.operation);
  layer.training = reader.rest(*kind);
  return layer;
}

void read_net(const DarknetSection& section, const std::string& where, DarknetConfig& config) {
  if (!has_name(darknet_net_kind(), section.name))
    fail_at_line(where, section.line, "expected [net] to be the first section, found [{}]", section.name);
  SectionReader reader(section, where);
  visit_keys(reader, config.net);
  config.training = reader.rest(darknet_net_kind());
  if (config.net.width == 0 || config.net.height == 0)
    reader.fail(section.line, "{} is missing", config.net.width == 0 ? "width" : "height");
}

// --- writing ----------------------------------------------------------------------------------------------------------------------

/// Writes the keys that it visits.
class SectionWriter {
 public:
  explicit SectionWriter(std::string& text) : text_(text) {}

  static constexpr bool reads() { return false; }

  template <class T, class Range>
  void value(const char* key, const T& member, Range) {
    text_ += fmt::format("{}={}\n", key, member);
  }
  template <class T, class Range>
  void optional(const char* key, T member, T fallback, Range range) {
    if (member != fallback) value(key, member, range);
  }
  void flag(const char* key, bool member) { value(key, member ? 1 : 0, 0); }
  void optional_flag(const char* key, bool member) {
    if (member) flag(key, member);
  }
  template <class T, class Range>
  void list(const char* key, const std::vector<T>& member, Range) {
    if (!member.empty()) text_ += fmt::format("{}={}\n", key, fmt::join(member, ","));
  }
  void activation(const char* key, DarknetActivation member) { value(key, name_of(member), 0); }

 private:
  std::string& text_;
};

template <class Section>
void write_section(std::string& text, const char* name, Section section, const std::vector<DarknetEntry>& training) {
  text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", name);
  SectionWriter writer(text);
  visit_keys(writer, section);
  for (const DarknetEntry& entry : training) text += fmt::format("{}={}\n", entry.key, entry.value);
}

}  // namespace

const char* name_of(DarknetActivation activation) { return kActivations[static_cast<std::size_t>(activation)]; }

const char* name_of(const DarknetOperation& operation) { return darknet_layer_kinds()[operation.index()].names.front().c_str(); }

DarknetConfig parse_darknet_config(std::string_view text, const std::string& where) {
  const std::vector<DarknetSection> sections = split_darknet_sections(text, where);
  if (sections.empty()) throw FileError(where, "holds no section, expected a Darknet description that begins with [net]");
  DarknetConfig config;
  read_net(sections.front(), where, config);
  for (const DarknetSection& section : std::span(sections).subspan(1)) config.layers.push_back(read_layer(section, where));
  if (config.layers.empty()) throw FileError(where, "holds no layer behind [net]");
  darknet_shapes(config, where);
  return config;
}

DarknetConfig read_darknet_config(const std::filesystem::path& path) { return parse_darknet_config(read_text_file(path), path.string()); }

std::string to_text(const DarknetConfig& config) {
  std::string text;
  write_section(text, darknet_net_kind().names.front().c_str(), config.net, config.training);
  for (const DarknetLayer& layer : config.layers)
    std::visit([&](const auto& operation) { write_section(text, name_of(layer.operation), operation, layer.training); }, layer.operation);
  return text;
}

void write_darknet_config(const std::filesystem::path& path, const DarknetConfig& config) { write_file(path, to_text(config)); }

}  // namespace fovea
