// Data that the project does not hold: beside the checkout, in ../shared. Tests that need it skip without it.
#pragma once

#include <filesystem>

namespace fovea::test {

/// The path of something in ../shared; it may be missing. The test program defines FOVEA_SHARED.
inline std::filesystem::path shared_path(const std::filesystem::path& name) { return std::filesystem::path(FOVEA_SHARED) / name; }

}  // namespace fovea::test

/// Skips the test when ../shared does not hold `name`.
#define FOVEA_NEEDS_SHARED(name) \
  if (!std::filesystem::exists(::fovea::test::shared_path(name))) GTEST_SKIP() << ::fovea::test::shared_path(name) << " is missing"
