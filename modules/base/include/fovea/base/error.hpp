// The exceptions a user can meet. Each message says what was expected and what was found, with names and shapes.
#pragma once

#include <stdexcept>
#include <string>

namespace fovea {

/// Base of every exception that fovea throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Tensors whose shapes, types or devices do not fit an operation. The message begins with the operation: `[conv2d] ...`.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An option, name or value outside what is allowed.
class OptionError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read, written or understood. `path()` is the file, `reason()` the rest of the message.
class FileError : public Error {
 public:
  FileError(std::string path, std::string reason);
  const std::string& path() const { return path_; }
  const std::string& reason() const { return reason_; }

 private:
  std::string path_;
  std::string reason_;
};

/// Stops the program with a message: a broken invariant of fovea itself, never reachable from user input.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace fovea

#define FOVEA_ASSERT(condition) ((condition) ? void(0) : ::fovea::assertion_failed(#condition, __FILE__, __LINE__))
