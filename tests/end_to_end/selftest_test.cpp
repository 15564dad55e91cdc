#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/cpu_features.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::HasSubstr;

TEST(Selftest, PassesForEveryInstructionSetOfTheMachine) {
  const CommandResult result = fovea_command({"selftest"});
  EXPECT_EQ(result.code, 0) << result.out;
  for (const Isa isa : supported_isas()) EXPECT_THAT(result.out, HasSubstr(std::string("cpu/") + name_of(isa)));
  EXPECT_THAT(result.out, HasSubstr("conv2d.backward_filter"));
  EXPECT_THAT(result.out, HasSubstr("kernels pass"));
  EXPECT_THAT(result.err, HasSubstr(cpu_name()));
}

TEST(Selftest, WritesJson) {
  const CommandResult result = fovea_command({"selftest", "--quiet", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const nlohmann::json report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report["passed"], true);
  EXPECT_EQ(report["instruction_sets"].size(), supported_isas().size());
  for (const auto& row : report["kernels"]) {
    EXPECT_EQ(row["passed"], true) << row;
    EXPECT_LE(row["largest_error"], row["tolerance"]) << row;
  }
}

TEST(Selftest, GradientsAreATableOfTheirOwn) {
  const CommandResult result = fovea_command({"selftest", "--gradients", "--quiet", "--json", "-"});
  EXPECT_EQ(result.code, 0) << result.err;
  const nlohmann::json json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["passed"], true);
  EXPECT_GE(json["gradients"].size(), 20u);
  EXPECT_THAT(fovea_command({"selftest", "--gradients"}).out, HasSubstr("conv_transpose2d"));
}

}  // namespace
}  // namespace fovea
