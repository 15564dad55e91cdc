#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "json_lines.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::HasSubstr;

class Neighbors : public testing::Test {
 protected:
  CommandResult neighbors(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"neighbors", "--model", world_.model(), "--out", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }
  std::vector<Json> lines(const std::string& name) const { return test::read_json_lines(folder_ / name); }
  static std::string class_of(const Json& entry) { return fs::path(entry["file"].get<std::string>()).parent_path().filename().string(); }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

/// Twelve pictures of three classes that are told apart with ease.
TEST_F(Neighbors, AreOfTheSameClass) {
  const CommandResult result = neighbors({"--images", (world_ / "pictures").string(), "--count", "3"});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::vector<Json> queries = lines("out/neighbors.jsonl");
  ASSERT_EQ(queries.size(), 12u);
  for (const Json& query : queries) {
    ASSERT_EQ(query["neighbors"].size(), 3u);
    double before = 0;
    for (const Json& neighbor : query["neighbors"]) {
      EXPECT_NE(neighbor["file"], query["file"]) << "an image is not its own neighbour";
      EXPECT_EQ(class_of(neighbor), class_of(query));
      EXPECT_GE(neighbor["distance"].get<double>(), before);
      before = neighbor["distance"];
    }
  }
  const std::string features = read_text_file(folder_ / "out/features.safetensors");
  EXPECT_THAT(features.substr(0, 200), HasSubstr(R"("shape":[12,16])")) << "what the last layer of the tiny LeNet gets";
  EXPECT_EQ(split(read_text_file(folder_ / "out/files.txt"), '\n').size(), 13u);
  EXPECT_TRUE(fs::exists(folder_ / "out/neighbors.png"));
}

TEST_F(Neighbors, OfOtherQueriesByALayerOfTheirChoice) {
  folder_.write("queries/0.png", read_text_file(world_ / "pictures/0/00000.png"));
  folder_.write("queries/torn.png", "no picture");
  const CommandResult result = neighbors({"--images", (world_ / "pictures").string(), "--queries", (folder_ / "queries").string(),
                                          "--layer", "conv1", "--metric", "l2", "--count", "1", "--json", "-"});
  ASSERT_EQ(result.code, 1) << result.err;
  const std::vector<Json> queries = lines("out/neighbors.jsonl");
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0]["neighbors"][0]["distance"], 0) << "the picture itself is in the collection";
  EXPECT_EQ(class_of(queries[0]["neighbors"][0]), "0");
  EXPECT_EQ(lines("out/failed.jsonl").size(), 1u);
  EXPECT_EQ(Json::parse(result.out)["features"], 4) << "a map is averaged over its pixels";
}

TEST_F(Neighbors, SaysWhatItWants) {
  const std::string images = (world_ / "pictures").string();
  EXPECT_THAT(neighbors({"--images", images, "--layer", "conv9"}).err, HasSubstr("conv1"));
  EXPECT_EQ(neighbors({"--images", images, "--layer", "conv9"}).code, 2);
  EXPECT_THAT(neighbors({"--images", images, "--metric", "l3"}).err, HasSubstr("cosine"));
  EXPECT_EQ(neighbors({"--images", "nowhere"}).code, 2);
}

}  // namespace
}  // namespace fovea
