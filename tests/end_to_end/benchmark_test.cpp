#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::AllOf;
using testing::HasSubstr;

/// `fovea benchmark words... --repeat 1`
CommandResult benchmark(std::vector<std::string> words) {
  words.insert(words.begin(), "benchmark");
  words.insert(words.end(), {"--repeat", "1"});
  return fovea_command(words);
}

void expect_the_fixed_keys(const Json& json) {
  for (const char* key : {"median_ms", "images_per_s", "gflops", "peak_mib"}) {
    ASSERT_TRUE(json.contains(key) && json[key].is_number()) << key;
    EXPECT_GT(json[key].get<double>(), 0) << key;
  }
  ASSERT_TRUE(json.contains("kernel"));
  EXPECT_THAT(json["kernel"].get<std::string>(), HasSubstr("cpu/"));
}

TEST(Benchmark, MeasuresAModelBothWays) {
  for (const char* mode : {"infer", "train"}) {
    const CommandResult result = benchmark({"--model",         "resnet-mini",
                                            "--batch",         "3",
                                            "--image-size",    "20x12",
                                            "--channels",      "1",
                                            "--classes",       "5",
                                            "--mode",          mode,
                                            "--precision",     "f32",
                                            "--threads",       "1",
                                            "--seed",          "7",
                                            "--model-options", R"({"widths":[4,8]})",
                                            "--json",          "-"});
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    const Json json = Json::parse(result.out);
    expect_the_fixed_keys(json);
    const Json expected = {{"model", "resnet-mini"}, {"mode", mode},  {"batch", 3},   {"width", 20},
                           {"height", 12},           {"channels", 1}, {"classes", 5}, {"threads", 1}};
    for (const auto& [key, value] : expected.items()) EXPECT_EQ(json[key], value) << key;
  }
}

TEST(Benchmark, MeasuresOperations) {
  for (const char* pass : {"forward", "backward_data", "backward_filter"}) {
    const CommandResult result =
        benchmark({"--op",       "conv2d", "--input",  "2,9,8,4", "--filter", "6,3,3", "--stride",    "2,1", "--padding", "1",
                   "--dilation", "1",      "--groups", "2",       "--pass",   pass,    "--precision", "f32", "--json",    "-"});
    ASSERT_EQ(result.code, 0) << result.err;
    const Json json = Json::parse(result.out);
    expect_the_fixed_keys(json);
    EXPECT_EQ(json["pass"], pass);
    EXPECT_EQ(json["output"], Json({2, 5, 8, 6}));
    EXPECT_THAT(json["kernel"].get<std::string>(), HasSubstr(pass));
  }
  const CommandResult result = benchmark({"--op", "matmul", "--m", "20", "--n", "30", "--k", "40", "--transpose-a", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  expect_the_fixed_keys(Json::parse(result.out));
  EXPECT_EQ(Json::parse(result.out)["transpose_a"], true);
  EXPECT_EQ(Json::parse(result.out)["transpose_b"], false);
}

TEST(Benchmark, PrintsATableAndWritesAFile) {
  const test::TemporaryFolder folder;
  const CommandResult result =
      fovea_command({"benchmark", "--model", "lenet5-classic", "--repeat", "2", "--json", "b.json"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* part : {"lenet5-classic", "median", "images/s", "GFLOP/s", "peak memory"}) EXPECT_THAT(result.out, HasSubstr(part));
  EXPECT_EQ(Json::parse(read_text_file(folder / "b.json"))["runs"], 2);
}

TEST(Benchmark, WhatCannotRunIsNamed) {
  const auto expect = [](const std::vector<std::string>& words, const char* message) {
    const CommandResult result = benchmark(words);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  expect({}, "one of --model NAME, --op conv2d|matmul and --models FILES");
  expect({"--model", "lenet5", "--op", "conv2d"}, "one of --model NAME, --op conv2d|matmul and --models FILES");
  expect({"--model", "lenet4"}, "did you mean \"lenet5\"");
  expect({"--model", "lenet5", "--mode", "learn"}, "unknown mode \"learn\". Known: infer, train");
  expect({"--model", "lenet5", "--image-size", "big"}, "image size \"big\"");
  expect({"--model", "lenet5", "--batch", "0"}, "--batch");
  expect({"--model", "lenet5", "--stride", "2"}, "--stride requires --op");
  expect({"--model", "unet", "--image-size", "100", "--model-options", R"({"widths":[2,2,2,2,2],"border":"valid"})"},
         "[unet] without padding the result is 184 pixels smaller on each axis: expected an image of at least 185x185, found 100x100");
  expect({"--model", "lenet5", "--precision", "f16"}, "--precision f16");
  expect({"--op", "pool"}, "unknown op \"pool\". Known: conv2d, matmul");
  expect({"--op", "matmul", "--batch", "4"}, "--batch requires --model");
  expect({"--op", "matmul", "--m", "4"}, "m, n and k of matmul are at least 1");
  const std::vector<std::string> conv2d = {"--op", "conv2d", "--input", "1,8,8,4", "--filter", "4,3,3"};
  const auto expect_conv2d = [&](const std::vector<std::string>& more, const char* message) {
    std::vector<std::string> words = conv2d;
    words.insert(words.end(), more.begin(), more.end());
    expect(words, message);
  };
  expect({"--op", "conv2d"}, "--op conv2d wants --input N,H,W,C and --filter K,R,S");
  expect({"--op", "conv2d", "--input", "1,8,8", "--filter", "4,3,3"}, "--input wants four numbers N,H,W,C of 1 or more, found 1,8,8");
  expect({"--op", "conv2d", "--input", "1,8,8,0", "--filter", "4,3,3"}, "--input wants four numbers");
  expect({"--op", "conv2d", "--input", "1,8,8,4", "--filter", "4,3"}, "--filter wants three numbers K,R,S of 1 or more, found 4,3");
  expect({"--op", "conv2d", "--input", "1,8,8,x", "--filter", "4,3,3"}, "--input");
  expect({"--op", "conv2d", "--input", "1,2,2,4", "--filter", "4,3,3"}, "does not fit into input");
  expect({"--op", "conv2d", "--input", "9000000,9000,9000,4", "--filter", "4,3,3"}, "GiB");
  expect_conv2d({"--pass", "sideways"}, "unknown pass \"sideways\"");
  expect_conv2d({"--padding", "1,2,3"}, "--padding wants one number");
  expect_conv2d({"--stride", "1,2,3"}, "--stride wants one number, or height,width, found 1,2,3");
  expect_conv2d({"--groups", "3"}, "4 channels cannot be shared by 3 groups");
}

}  // namespace
}  // namespace fovea
