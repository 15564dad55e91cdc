// Logs: files that grow at their end while others read them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace fovea {

/// What is appended is in the file at once and in one piece, unless the machine stops in the middle of it.
class AppendFile {
 public:
  /// Opens the file at its end; creates it and missing folders. Throws FileError.
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  /// Cuts everything behind the first `size` bytes off, and syncs. Throws FileError when the file is shorter.
  void truncate(std::uint64_t size);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace fovea
