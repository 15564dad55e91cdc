#include "darknet_sections.hpp"

#include <algorithm>

namespace fovea {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // the largest descriptions in use have some 100 KiB
constexpr std::size_t kMaxLayers = 10'000;

/// Without blanks anywhere (Darknet's own rule) and without a remark.
std::string essence(std::string_view line) {
  if (!line.empty() && line.front() == ';') return "";
  std::string text;
  for (const char c : line.substr(0, line.find('#')))
    if (c != ' ' && c != '\t' && c != '\r') text += c;
  return text.starts_with(';') ? "" : text;
}

void add_entry(DarknetSection& section, const std::string& text, int line, const std::string& where) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) fail_at_line(where, line, "[{}] expected key=value, found \"{}\"", section.name, text);
  DarknetLine entry{.key = text.substr(0, equals), .value = text.substr(equals + 1), .line = line};
  if (entry.key.empty()) fail_at_line(where, line, "[{}] expected key=value, found no key in \"{}\"", section.name, text);
  if (entry.value.empty()) fail_at_line(where, line, "[{}] {} has no value", section.name, entry.key);
  const auto first =
      std::find_if(section.lines.begin(), section.lines.end(), [&](const DarknetLine& other) { return other.key == entry.key; });
  if (first == section.lines.end())
    section.lines.push_back(std::move(entry));
  else if (first->value != entry.value)
    fail_at_line(where, line, "[{}] {} is {} here and {} in line {}", section.name, entry.key, entry.value, first->value, first->line);
}

}  // namespace

std::vector<DarknetSection> split_darknet_sections(std::string_view text, const std::string& where) {
  if (text.size() > kMaxBytes) throw FileError(where, fmt::format("has {} bytes, expected at most {}", text.size(), kMaxBytes));
  std::vector<DarknetSection> sections;
  int number = 0;
  while (!text.empty()) {
    const std::string_view raw = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), raw.size() + 1));
    const std::string line = essence(raw);
    ++number;
    if (line.empty()) continue;
    if (line.find('\0') != std::string::npos) fail_at_line(where, number, "holds a zero byte: this is no text file");
    if (line.front() == '[') {
      if (line.back() != ']') fail_at_line(where, number, "expected [section], found \"{}\"", line);
      sections.push_back({.name = line.substr(1, line.size() - 2), .line = number, .lines = {}});
      if (sections.size() > kMaxLayers + 1) fail_at_line(where, number, "expected at most {} layers", kMaxLayers);
    } else if (sections.empty()) {
      fail_at_line(where, number, "expected a [section] before \"{}\"", line);
    } else {
      add_entry(sections.back(), line, number, where);
    }
  }
  return sections;
}

}  // namespace fovea
