// The results of a detection run, line by line, while it is not complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "fovea/base/append_file.hpp"

namespace fovea {

/// A file whose first line says what is being done, and whose others are the results so far, one for each file of the run in their order.
class DetectionJournal {
 public:
  /// Goes on with the file when its first line is `task`, else begins anew. What is behind the last newline of an interrupted run is cut
  /// off. Throws FileError.
  DetectionJournal(const std::filesystem::path& path, const std::string& task);

  /// Results that an earlier run left.
  std::int64_t done() const { return done_; }
  /// Appends lines, each with its newline, in one piece.
  void append(const std::string& lines) { file_->append(lines); }
  const std::filesystem::path& path() const { return file_->path(); }

 private:
  std::optional<AppendFile> file_;
  std::int64_t done_ = 0;
};

}  // namespace fovea
