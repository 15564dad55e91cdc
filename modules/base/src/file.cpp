#include "fovea/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void throw_errno(const fs::path& path, const char* what) {
  throw FileError(path.string(), fmt::format("{}: {}", what, std::strerror(errno)));
}

void sync_path(const fs::path& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) throw_errno(path, "cannot be synced");
}

void append_to(int descriptor, const fs::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(path, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// A hidden name beside `path` that no other writer uses, with the same extension.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<std::uint64_t> counter{0};
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  make_folder(folder);
  return folder / fmt::format(".{}.{}-{}{}", path.stem().string(), ::getpid(), counter++, path.extension().string());
}

/// Whether a file has a name from temporary_name(): ".stem.PID-NUMBER.extension".
bool is_temporary_name(const fs::path& path) {
  const auto is_number_pair = [](const std::string& text) {
    const std::size_t dash = text.find('-');
    return text.starts_with('.') && dash != std::string::npos && dash > 1 && dash + 1 < text.size() &&
           text.find_first_not_of("0123456789", 1) == dash && text.find_first_not_of("0123456789", dash + 1) == std::string::npos;
  };
  const bool is_hidden = path.filename().string().starts_with('.');
  return is_hidden && (is_number_pair(path.extension().string()) || is_number_pair(path.stem().extension().string()));
}

/// Makes a complete and synced temporary file appear as `path`.
void publish(const fs::path& temporary, const fs::path& path) {
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno(path, "cannot be replaced");
  sync_path(temporary.parent_path(), O_RDONLY | O_DIRECTORY);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

}  // namespace

std::vector<std::uint8_t> read_file(const fs::path& path, std::uint64_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_errno(path, "cannot be opened");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_errno(path, "cannot be opened");
  if (S_ISDIR(status.st_mode)) throw FileError(path.string(), "is a folder, expected a file");
  if (static_cast<std::uint64_t>(status.st_size) > limit)
    throw FileError(path.string(), fmt::format("has {} bytes, expected at most {}", status.st_size, limit));
  // Pipes and /proc files tell no size, and files may grow: reading stops at the end, never at the size that was told.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t filled = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(path, "cannot be read");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > limit) throw FileError(path.string(), fmt::format("has {} bytes or more, expected at most {}", filled, limit));
    if (filled == bytes.size()) bytes.resize(2 * bytes.size());
  }
  bytes.resize(filled);
  return bytes;
}

std::string read_text_file(const fs::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

void require_unused(const fs::path& path) {
  if (fs::exists(path) && !(fs::is_directory(path) && fs::is_empty(path)))
    throw FileError(path.string(), "exists and is not an empty folder");
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path)) throw FileError(path.string(), fmt::format("cannot be created as a folder: {}", error.message()));
}

void replace_file(const fs::path& from, const fs::path& to) { publish(from, to); }

void remove_unfinished_files(const fs::path& folder) {
  std::error_code none;  // no folder, nothing to remove
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, none))
    if (is_temporary_name(entry.path())) remove_quietly(entry.path());
}

void write_file_with(const fs::path& path, const std::function<void(const fs::path&)>& produce) {
  const fs::path temporary = temporary_name(path);
  try {
    produce(temporary);
    sync_path(temporary, O_RDONLY);
    publish(temporary, path);
  } catch (...) {
    remove_quietly(temporary);
    throw;
  }
}

void write_file(const fs::path& path, std::string_view bytes) {
  FileWriter writer(path);
  writer.append(bytes);
  writer.commit();
}

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
  write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_copy(const fs::path& from, const fs::path& to) { write_file(to, read_file(from)); }

FileWriter::FileWriter(fs::path path) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw_errno(path_, "cannot be created");
}

FileWriter::~FileWriter() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  remove_quietly(temporary_);
}

void FileWriter::append(std::string_view bytes) { append_to(descriptor_, path_, bytes); }

void FileWriter::commit() {
  if (::fsync(descriptor_) != 0) throw_errno(path_, "cannot be synced");
  publish(temporary_, path_);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace fovea
