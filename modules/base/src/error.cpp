#include "fovea/base/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace fovea {

FileError::FileError(std::string path, std::string reason)
    : Error(path + ": " + reason), path_(std::move(path)), reason_(std::move(reason)) {}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "fovea: internal error: %s does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace fovea
