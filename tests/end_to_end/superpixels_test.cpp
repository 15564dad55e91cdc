#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shape_pictures.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using testing::HasSubstr;

class Regions : public testing::Test {
 protected:
  Regions() {
    for (std::size_t i = 0; i < 2; ++i) save_image(folder_ / ("in/" + std::to_string(i) + ".png"), test::shape_picture(i, i, 64));
  }
  CommandResult run(const std::vector<std::string>& words) const { return fovea_command(words, folder_.path()); }
  TemporaryFolder folder_;
};

TEST_F(Regions, SuperpixelsAreTheSameForAnyNumberOfThreads) {
  for (const std::string method : {"felzenszwalb", "slic"}) {
    for (const std::string threads : {"1", "2"}) {
      const CommandResult result = run({"superpixels", "--images", "in", "--method", method, "--segments", "20", "--out", method + threads,
                                        "--threads", threads, "--json", "-"});
      ASSERT_EQ(result.code, 0) << result.err;
      EXPECT_EQ(Json::parse(result.out)["count"], 2);
    }
    for (const char* file : {"labels/0.png", "labels/1.png", "boundaries/1.png", "means/0.png", "regions/1.csv"})
      EXPECT_EQ(read_text_file(folder_ / (method + "1") / file), read_text_file(folder_ / (method + "2") / file)) << method << " " << file;
  }
  const CommandResult same = run({"evaluate-superpixels", "--labels", "slic1/labels", "--gt", "slic2/labels", "--json", "-", "--quiet"});
  ASSERT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(Json::parse(same.out)["boundary_recall"], 1);
  EXPECT_EQ(Json::parse(same.out)["images"].size(), 2u);
}

TEST_F(Regions, ProposalsAreTheSameForAnyNumberOfThreads) {
  for (const std::string threads : {"1", "2"}) {
    const CommandResult result = run({"propose", "--images", "in", "--preset", "quality", "--out", threads + ".json", "--threads", threads,
                                      "--seed", "5", "--overlays", "boxes"});
    ASSERT_EQ(result.code, 0) << result.err;
  }
  EXPECT_EQ(read_text_file(folder_ / "1.json"), read_text_file(folder_ / "2.json"));
  EXPECT_TRUE(fs::exists(folder_ / "boxes/1.png"));
  const Json json = read_json_file(folder_ / "1.json");
  EXPECT_EQ(json["preset"], "quality");
  EXPECT_FALSE(json["images"][0]["proposals"].empty());
}

TEST_F(Regions, BadFilesAreSetAside) {
  folder_.write("in/2.png", "torn");
  EXPECT_EQ(run({"superpixels", "--images", "in", "--out", "out"}).code, 1);
  EXPECT_THAT(read_text_file(folder_ / "out/failed.jsonl"), HasSubstr("2.png"));
  EXPECT_EQ(run({"propose", "--images", "in", "--method", "sliding-window", "--out", "p.json"}).code, 1);
  EXPECT_EQ(run({"superpixels", "--images", "in/2.png", "--out", "out"}).code, 2);
}

TEST_F(Regions, WrongUseIsSaid) {
  const CommandResult method = run({"superpixels", "--images", "in", "--out", "out", "--method", "slik"});
  EXPECT_EQ(method.code, 2);
  EXPECT_THAT(method.err, HasSubstr("did you mean \"slic\"?"));
  const CommandResult scale = run({"superpixels", "--images", "in", "--out", "out", "--sigma", "-1"});
  EXPECT_EQ(scale.code, 2);
  EXPECT_THAT(scale.err, HasSubstr("sigma is from 0 to 100 pixels, found -1"));
  const CommandResult preset = run({"propose", "--images", "in", "--out", "p.json", "--preset", "best"});
  EXPECT_EQ(preset.code, 2);
  EXPECT_THAT(preset.err, HasSubstr("Known: single, fast, quality"));
  EXPECT_EQ(run({"propose", "--images", "nowhere", "--out", "p.json"}).code, 2);
  EXPECT_EQ(run({"evaluate-superpixels", "--labels", "in", "--gt", "nowhere"}).code, 2);
}

}  // namespace
}  // namespace fovea
