#include "fovea/base/append_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"

namespace fovea {

namespace {

[[noreturn]] void throw_errno(const std::filesystem::path& path, const char* what) {
  throw FileError(path.string(), fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.has_parent_path()) make_folder(path_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw_errno(path_, "cannot be opened");
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  if (end < 0) {
    ::close(descriptor_);
    throw_errno(path_, "cannot grow");
  }
  size_ = static_cast<std::uint64_t>(end);
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(path_, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
}

void AppendFile::truncate(std::uint64_t size) {
  if (size > size_) throw FileError(path_.string(), fmt::format("has {} bytes, expected at least {}", size_, size));
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw_errno(path_, "cannot be cut off");
  size_ = size;
  if (::fsync(descriptor_) != 0) throw_errno(path_, "cannot be synced");
}

}  // namespace fovea
