#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::AllOf;
using testing::HasSubstr;

TEST(Inspect, ShowsANetworkOfTheCatalogue) {
  const CommandResult result = fovea_command({"inspect", "lenet5", "--channels", "1"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  for (const char* part : {"conv1", "max_pool2d", "1,225,500", "4,900,000", "14x14", "1,256,080"}) EXPECT_THAT(result.out, HasSubstr(part));
}

TEST(Inspect, TakesSizeClassesAndOptions) {
  const CommandResult result = fovea_command(
      {"inspect", "resnet-mini", "--image-size", "40x20", "--classes", "5", "--model-options", R"({"widths":[4,8]})", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["architecture"]["widths"], Json({4, 8}));
  EXPECT_EQ(report["layers"].front()["output"], Json({1, 20, 40, 4}));
  EXPECT_EQ(report["layers"].back()["output"], Json({1, 5}));
}

TEST(Inspect, ShowsAModelFile) {
  const TinyWorld& world = TinyWorld::get();
  const CommandResult result = fovea_command({"inspect", world.model()});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* part : {"lenet5", "labels", "0, 1, 2", "\"width\":12", "deviation", "conv1"}) EXPECT_THAT(result.out, HasSubstr(part));
  const Json report = Json::parse(fovea_command({"inspect", world.model(), "--json", "-"}).out);
  EXPECT_EQ(report["labels"], Json({"0", "1", "2"}));
  EXPECT_EQ(report["preprocessing"]["channels"], 1);
  EXPECT_EQ(report["parameters"], (25 * 4 + 4) + (25 * 4 * 6 + 6) + (3 * 3 * 6 * 16 + 16) + (16 * 3 + 3));
}

TEST(Inspect, WhatItDoesNotKnowIsNamed) {
  const CommandResult name = fovea_command({"inspect", "lenet"});
  EXPECT_EQ(name.code, 2);
  EXPECT_EQ(name.out, "");
  EXPECT_THAT(name.err, HasSubstr("did you mean \"lenet5\""));
  const CommandResult file = fovea_command({"inspect", "nowhere.fovea"});
  EXPECT_EQ(file.code, 2);
  EXPECT_THAT(file.err, HasSubstr("nowhere.fovea"));
  const TemporaryFolder folder;
  folder.write("bad.fovea", "junk");
  EXPECT_EQ(fovea_command({"inspect", "bad.fovea"}, folder.path()).code, 2);
  const CommandResult option = fovea_command({"inspect", "lenet5", "--model-options", R"({"filter1":3})"});
  EXPECT_EQ(option.code, 2);
  EXPECT_THAT(option.err, HasSubstr("did you mean \"filters1\""));
  EXPECT_EQ(fovea_command({"inspect", "lenet5", "--model-options", "{"}).code, 2);
  EXPECT_EQ(fovea_command({"inspect", "lenet5", "--image-size", "big"}).code, 2);
}

}  // namespace
}  // namespace fovea
