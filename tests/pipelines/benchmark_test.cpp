// Benchmarks: what they count and refuse. How fast anything is, is not a test's business.
#include "fovea/pipelines/benchmark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "messages.hpp"

namespace fovea {
namespace {

using kernels::Conv2dPass;
using test::message_of;
using testing::HasSubstr;

constexpr BenchmarkBudget kOnce{.repeat = 1};

/// The operations of a run, as the result has them.
double operations_of(const BenchmarkResult& result) { return result.gflops * 1e9 * result.median_ms / 1e3; }

ModelBenchmark small_unet(bool train) {
  return {.model = "unet", .batch = 2, .height = 8, .width = 12, .classes = 3, .options = R"({"widths":[4,6]})", .train = train};
}

/// Multiply-adds of small_unet() for one image.
constexpr std::int64_t kUNetMacs = 96 * 9 * (3 * 4 + 4 * 4)    // down.0
                                   + 24 * 9 * (4 * 6 + 6 * 6)  // down.1
                                   + 24 * 4 * (6 * 4)          // up.0
                                   + 96 * 9 * (8 * 4 + 4 * 4)  // dec.0
                                   + 96 * (4 * 3);             // out

TEST(BenchmarkModel, CountsTheOperationsOfConvolutions) {
  const BenchmarkResult infer = benchmark_model(small_unet(false), kOnce), train = benchmark_model(small_unet(true), kOnce);
  EXPECT_NEAR(operations_of(infer), 2 * 2 * kUNetMacs, 1);
  EXPECT_NEAR(operations_of(train), 3 * 2 * 2 * kUNetMacs, 1);
  for (const BenchmarkResult& result : {infer, train}) {
    EXPECT_GT(result.median_ms, 0);
    EXPECT_EQ(result.fastest_ms, result.median_ms);
    EXPECT_NEAR(result.images_per_s * result.median_ms, 2 * 1e3, 1e-6);
    EXPECT_EQ(result.kernel, kernels::table().name);
    EXPECT_GT(result.peak_mib, 1);
    EXPECT_LT(result.peak_mib, 1e6);
  }
}

TEST(BenchmarkModel, TellsWhatItMeasured) {
  const Json expected = Json::parse(R"({"model":"unet","mode":"train","batch":2,"height":8,"width":12,"channels":3,"classes":3})");
  const Json json = benchmark_model(small_unet(true), kOnce).to_json();
  for (const auto& [key, value] : expected.items()) EXPECT_EQ(json[key], value) << key;
  EXPECT_EQ(json["macs"], kUNetMacs);
  EXPECT_EQ(json["precision"], "f32");
  EXPECT_EQ(json["runs"], 1);
  for (const char* key :
       {"parameters", "median_ms", "fastest_ms", "images_per_s", "gflops", "kernel", "peak_mib", "threads", "fovea_version"})
    EXPECT_TRUE(json.contains(key)) << key;
}

TEST(BenchmarkModel, SizesAreTheNetworksUsualOnes) {
  const Json json = benchmark_model({.model = "lenet5-classic", .train = true}, kOnce).to_json();
  EXPECT_EQ(json["batch"], 1);
  EXPECT_EQ(json["height"], 28);
  EXPECT_EQ(json["channels"], 1);
  EXPECT_EQ(json["classes"], 10);
  EXPECT_EQ(json["macs"], 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10);
}

TEST(BenchmarkModel, EveryKindOfNetworkTrains) {
  for (const char* name : {"lenet5", "resnet-mini", "resnet18", "resnet18-cifar", "resnet50"}) {
    const Json defaults = default_architecture(name);
    ModelBenchmark wanted{.model = name, .batch = 2, .height = 32, .width = 32, .train = true, .seed = 3};
    if (defaults.contains("widths")) wanted.options = Json{{"widths", std::vector<int>(defaults["widths"].size(), 4)}}.dump();
    EXPECT_GT(benchmark_model(wanted, kOnce).images_per_s, 0) << name;
  }
}

TEST(BenchmarkModel, RefusesWhatCannotRun) {
  const auto message = [](const ModelBenchmark& wanted) { return message_of<Error>([&] { benchmark_model(wanted, kOnce); }); };
  EXPECT_THAT(message({.model = "resnet"}), HasSubstr("did you mean \"resnet18\""));
  EXPECT_THAT(message({.model = "lenet5", .batch = 0}), HasSubstr("at least 1 image, found 0"));
  EXPECT_THAT(message({.model = "lenet5", .height = -1}), HasSubstr("at least 1, found -1"));
  EXPECT_THAT(message({.model = "unet", .height = 100, .options = R"({"widths":[2,2,2,2,2],"border":"valid"})"}),
              HasSubstr("184 pixels smaller"));
  EXPECT_THAT(message({.model = "lenet5", .options = "{"}), HasSubstr("model options"));
  EXPECT_THAT(message({.model = "lenet5", .options = R"({"classes":3})"}), HasSubstr("cannot be set"));
}

TEST(BenchmarkBudgetTest, RepeatsAsOftenAsAsked) {
  const MatmulBenchmark tiny{.m = 2, .n = 3, .k = 4};
  EXPECT_EQ(benchmark_matmul(tiny, {.repeat = 1}).runs, 1);
  EXPECT_EQ(benchmark_matmul(tiny, {.seconds = 1e-9, .repeat = 7}).runs, 7);
  EXPECT_EQ(benchmark_matmul(tiny, {.seconds = 1e-9}).runs, 3);  // each is longer than that
  EXPECT_GE(benchmark_matmul(tiny, {.seconds = 0.01}).runs, 5);
  for (const double seconds : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(benchmark_matmul(tiny, {.seconds = seconds}), OptionError) << seconds;
  EXPECT_THROW(benchmark_matmul(tiny, {.repeat = -1}), OptionError);
}

TEST(BenchmarkConv2d, CountsEveryTap) {
  const Conv2dGeometry geometry{.stride = {2, 1}, .padding = {1, 0, 2, 1}, .dilation = {1, 2}, .groups = 3};
  for (const auto& [pass, name] : {std::pair{Conv2dPass::forward, "forward"},
                                   {Conv2dPass::backward_data, "backward_data"},
                                   {Conv2dPass::backward_filter, "backward_filter"}}) {
    const BenchmarkResult result =
        benchmark_conv2d({.input = {2, 17, 19, 6}, .filter = {9, 3, 2}, .geometry = geometry, .pass = pass}, kOnce);
    EXPECT_NEAR(operations_of(result), 2.0 * (2 * 8 * 20 * 9) * (3 * 2 * 2), 1);
    EXPECT_NEAR(result.images_per_s * result.median_ms, 2 * 1e3, 1e-6);
    EXPECT_THAT(result.kernel, testing::StartsWith(std::string(kernels::table().name) + " conv2d." + name + " "));
    const Json json = result.to_json();
    EXPECT_EQ(json["pass"], name);
    EXPECT_EQ(json["output"], Json({2, 8, 20, 9}));
    EXPECT_EQ(json["padding"], Json({1, 0, 2, 1}));
  }
}

TEST(BenchmarkConv2d, RefusesWhatCannotRun) {
  const auto message = [](const Shape& input, const Shape& filter, const Conv2dGeometry& geometry = {}) {
    return message_of<Error>([&] { benchmark_conv2d({.input = input, .filter = filter, .geometry = geometry}, kOnce); });
  };
  EXPECT_THAT(message({8, 8, 3}, {4, 3, 3}), HasSubstr("N,H,W,C, found [8,8,3]"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 3, 3, 3}), HasSubstr("K,R,S, found [4,3,3,3]"));
  EXPECT_THAT(message({0, 8, 8, 3}, {4, 3, 3}), HasSubstr("with elements, found [0,8,8,3]"));
  EXPECT_THAT(message({1, 8, 8, 3}, {0, 3, 3}), HasSubstr("with elements"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 3, 3}, {.groups = 2}), HasSubstr("3 channels cannot be shared by 2 groups"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 3, 3}, {.groups = 0}), HasSubstr("0 groups"));
  EXPECT_THAT(message({1, 8, 8, 4}, {3, 3, 3}, {.groups = 2}), HasSubstr("[conv2d] 3 filters cannot be shared by 2 groups"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 9, 3}), HasSubstr("[conv2d]"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 0, 3}), HasSubstr("has no cells"));
  EXPECT_THAT(message({1, 8, 8, 3}, {4, 3, 3}, {.stride = 0}), HasSubstr("[conv2d] stride"));
}

TEST(BenchmarkMatmul, CountsProductsAndTakesTransposes) {
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true}) {
      const BenchmarkResult result =
          benchmark_matmul({.m = 5, .n = 37, .k = 11, .transpose_a = transpose_a, .transpose_b = transpose_b}, kOnce);
      EXPECT_NEAR(operations_of(result), 2 * 5 * 37 * 11, 1e-3);
      EXPECT_EQ(result.to_json()["transpose_a"], transpose_a);
      EXPECT_EQ(result.to_json()["transpose_b"], transpose_b);
    }
  EXPECT_THAT(message_of<OptionError>([] { benchmark_matmul({.m = 3}, kOnce); }), HasSubstr("at least 1, found 3, 0 and 0"));
}

TEST(BenchmarkText, HasTheFigures) {
  BenchmarkResult result;
  result.inputs = R"({"op":"conv2d","stride":[2,1]})";
  result.runs = 5;
  result.median_ms = 12.3456;
  result.fastest_ms = 11;
  result.images_per_s = 100.126;
  result.gflops = 456.789;
  result.kernel = "cpu/somewhere";
  result.peak_mib = 78.91;
  for (const char* line :
       {"op             conv2d\n", "stride         [2,1]\n", "median         12.346 ms (fastest of 5: 11.000 ms)\n",
        "images/s       100.13\n", "GFLOP/s        456.79\n", "kernel         cpu/somewhere\n", "peak memory    78.9 MiB\n"})
    EXPECT_THAT(result.to_text(), HasSubstr(line));
}

}  // namespace
}  // namespace fovea
