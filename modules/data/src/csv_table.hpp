// Comma-separated values with a row of names: RFC 4180, with LF or CR LF.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/data/finding.hpp"

namespace fovea {

/// All rows in memory. Columns are found by name, whatever their order and case.
class CsvTable {
 public:
  /// Throws FileError naming the line: no row of names, a name that stands twice, a row with another number of fields, a quote that is
  /// never closed or in the middle of a field.
  explicit CsvTable(const std::filesystem::path& path);

  std::size_t size() const { return lines_.size(); }
  /// The column that has one of these names; nothing when there is none.
  std::optional<std::size_t> find(std::initializer_list<std::string_view> names) const;
  /// The same; throws FileError naming all of them and the columns that there are.
  std::size_t require(std::initializer_list<std::string_view> names) const;

  const std::string& text(std::size_t row, std::size_t column) const { return rows_[row][column]; }
  /// Throws FileError naming line and column unless the field is a finite number.
  double number(std::size_t row, std::size_t column) const;
  /// "" , "0" and "false" are false, "1" and "true" are true, in any case; anything else is a FileError. False without a column.
  bool flag(std::size_t row, std::optional<std::size_t> column) const;
  /// Throws ItemError.
  [[noreturn]] void fail(std::size_t row, const std::string& what, FindingKind kind = FindingKind::malformed) const;

 private:
  std::filesystem::path path_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> lines_;  ///< where each row begins
};

}  // namespace fovea
