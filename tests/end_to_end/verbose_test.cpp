// FOVEA_VERBOSE: which kernel ran on which shape, and how fast.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

CommandResult inspect_with(const char* verbose) {
  ::setenv("FOVEA_VERBOSE", verbose, 1);
  const CommandResult result = test::fovea_command({"inspect", "lenet5", "--channels", "1"});
  ::unsetenv("FOVEA_VERBOSE");
  return result;
}

TEST(Verbose, PrintsEveryConvolutionOnRequest) {
  const CommandResult quiet = inspect_with("0");
  ASSERT_EQ(quiet.code, 0);
  EXPECT_EQ(quiet.err, "");
  const CommandResult verbose = inspect_with("1");
  EXPECT_EQ(verbose.out, quiet.out) << "data stays data";
  EXPECT_THAT(verbose.err,
              AllOf(ContainsRegex("fovea: conv2d forward [a-z0-9_]+ f32 x\\[1,28,28,1\\] filter\\[20,5,5,1\\] y\\[1,28,28,20\\] stride 1x1 "
                                  "padding 2,2 \\(cpu/[a-z0-9_]+\\): [0-9.]+ ms, [0-9.]+ GFLOP/s\n"),
                    HasSubstr("filter[50,5,5,20]"), Not(HasSubstr("relu"))));
  EXPECT_THAT(inspect_with("2").err,
              AllOf(HasSubstr("filter[50,5,5,20]"), ContainsRegex("fovea: relu forward f32 \\[1,28,28,20\\]: [0-9.]+ ms\n")));
}

}  // namespace
}  // namespace fovea
