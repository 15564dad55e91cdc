// Runs a test program; one that is forced to an instruction set which this machine lacks is skipped.
#include <gmock/gmock.h>

#include <cstdio>

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/error.hpp"

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in add_test.cmake
  testing::InitGoogleMock(&argc, argv);
  try {
    fovea::active_isa();
  } catch (const fovea::OptionError& error) {
    std::printf("skipped: %s\n", error.what());
    return kSkipped;
  }
  return RUN_ALL_TESTS();
}
