// Reading and writing whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// The bytes of a file. Throws FileError when it is missing, a folder, unreadable, or larger than `limit` bytes.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 40);

/// The same as text.
std::string read_text_file(const std::filesystem::path& path);

/// Replaces `path` by `bytes` as a whole: written to a temporary name beside it, synced, renamed, the folder synced.
/// A reader sees the old file or the new one. Creates missing folders. Throws FileError, and then the old file is untouched.
void write_file(const std::filesystem::path& path, std::string_view bytes);
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

/// The same with the bytes of another file.
void write_copy(const std::filesystem::path& from, const std::filesystem::path& to);

/// Like write_file for content that another library writes: `produce` gets the temporary name, which keeps the extension of `path`.
void write_file_with(const std::filesystem::path& path, const std::function<void(const std::filesystem::path& temporary)>& produce);

/// Renames a complete file, durably, over another one if there is one. Throws FileError.
void replace_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes the temporary files of writers that were killed before they were done. Nobody may be writing in `folder` meanwhile.
void remove_unfinished_files(const std::filesystem::path& folder);

/// A file that is written piece by piece and appears under its name only when it is complete.
class FileWriter {
 public:
  /// Opens a temporary file beside `path`; creates missing folders. Throws FileError.
  explicit FileWriter(std::filesystem::path path);
  /// Removes the temporary file unless commit() was called.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void append(std::string_view bytes);
  /// Syncs and renames to the final name. Nothing may be appended afterwards.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

/// Throws FileError when there is something at `path` that is not an empty folder: results do not mix with what is there.
void require_unused(const std::filesystem::path& path);

/// Creates a folder and its parents. Throws FileError naming the folder when that is not possible.
void make_folder(const std::filesystem::path& path);

}  // namespace fovea
