#include "csv_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

/// Takes a text apart, row by row.
class Reader {
 public:
  Reader(const std::filesystem::path& path, std::string_view text) : path_(path), text_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // which some spreadsheets put first
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  std::size_t line() const { return line_; }

  /// The fields of the next row that is not empty; false at the end.
  bool next(std::vector<std::string>& row) {
    while (at_ < text_.size()) {
      row_line_ = line_;
      row.clear();
      do row.push_back(field());
      while (take(','));
      take('\r');
      if (!take('\n') && at_ < text_.size()) fail("expected a comma or the end of the line behind a field in quotes");
      ++line_;
      if (row.size() > 1 || !row.front().empty()) return true;
    }
    return false;
  }
  std::size_t row_line() const { return row_line_; }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    if (take('"')) return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    const std::string_view value = text_.substr(at_, end - at_);
    if (value.find('"') != std::string_view::npos) fail(fmt::format("a quote in the middle of the field {}", shown(value)));
    at_ = end;
    return trimmed(value);
  }

  std::string quoted() {
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && !take('"')) return value;
      if (c == '\n') ++line_;
      value += c;
    }
    fail("a quote is never closed");
  }

  [[noreturn]] void fail(const std::string& what) const { throw FileError(path_.string(), fmt::format("line {}: {}", row_line_, what)); }

  const std::filesystem::path& path_;
  std::string_view text_;
  std::size_t at_ = 0, line_ = 1, row_line_ = 1;
};

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& path) : path_(path) {
  const std::string text = read_text_file(path);
  Reader reader(path_, text);
  if (!reader.next(names_)) throw FileError(path.string(), "is empty, expected a row of column names");
  for (std::string& name : names_) name = lower(name);
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i), names_[i]) !=
        names_.begin() + static_cast<std::ptrdiff_t>(i))
      throw FileError(path.string(), fmt::format("has two columns \"{}\"", shown(names_[i])));
  std::vector<std::string> row;
  while (reader.next(row)) {
    lines_.push_back(reader.row_line());
    if (row.size() != names_.size())
      fail(lines_.size() - 1, fmt::format("expected {} fields, as the first row has names, found {}", names_.size(), row.size()));
    rows_.push_back(std::move(row));
  }
}

std::optional<std::size_t> CsvTable::find(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (const auto found = std::find(names_.begin(), names_.end(), name); found != names_.end())
      return static_cast<std::size_t>(found - names_.begin());
  return std::nullopt;
}

std::size_t CsvTable::require(std::initializer_list<std::string_view> names) const {
  if (const auto found = find(names)) return *found;
  throw FileError(path_.string(), fmt::format("has no column called {}; it has {}", fmt::join(names, " or "), fmt::join(names_, ", ")));
}

double CsvTable::number(std::size_t row, std::size_t column) const {
  if (const auto value = number_of(text(row, column))) return *value;
  fail(row, fmt::format("{} is \"{}\", expected a finite number", names_[column], shown(text(row, column))));
}

bool CsvTable::flag(std::size_t row, std::optional<std::size_t> column) const {
  if (!column) return false;
  const std::string value = lower(text(row, *column));
  if (value.empty() || value == "0" || value == "false") return false;
  if (value == "1" || value == "true") return true;
  fail(row, fmt::format("{} is \"{}\", expected 0 or 1", names_[*column], shown(value)));
}

void CsvTable::fail(std::size_t row, const std::string& what, FindingKind kind) const {
  throw ItemError(kind, path_.string(), fmt::format("line {}: {}", lines_[row], what));
}

}  // namespace fovea
