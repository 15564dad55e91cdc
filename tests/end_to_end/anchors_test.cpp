#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using testing::HasSubstr;

class Anchors : public testing::Test {
 protected:
  // In a letterbox of 100 pixels the first picture halves, the second keeps its size.
  Anchors() {
    folder_.write("instances.json", R"({"images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 100},
                                                    {"id": 2, "file_name": "b.png", "width": 100, "height": 100}],
      "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "plate"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 20, 40, 20], "area": 800, "iscrowd": 0},
                      {"id": 2, "image_id": 2, "category_id": 1, "bbox": [20, 20, 20, 10], "area": 200, "iscrowd": 0},
                      {"id": 3, "image_id": 2, "category_id": 2, "bbox": [2, 2, 60, 80], "area": 4800, "iscrowd": 0},
                      {"id": 4, "image_id": 2, "category_id": 2, "bbox": [0, 0, 100, 100], "area": 10000, "iscrowd": 1}]})");
  }
  CommandResult anchors(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"anchors", "--data", "coco:instances.json", "--image-size", "100"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }

  TemporaryFolder folder_;
};

TEST_F(Anchors, AreInPixelsOfTheNetworksInput) {
  const CommandResult found = anchors({"--count", "2", "--json", "anchors.json"});
  ASSERT_EQ(found.code, 0) << found.err;
  EXPECT_EQ(found.out, "20,10, 60,80\n");
  EXPECT_THAT(found.err, HasSubstr("3 boxes in 2 images"));
  const Json json = read_json_file(folder_ / "anchors.json");
  EXPECT_EQ(json["anchors"], Json::parse("[[20, 10], [60, 80]]"));
  EXPECT_EQ(json["mean_iou"], 1);
  EXPECT_EQ(json["classes"], Json::parse(R"({"cell": 2, "plate": 1})"));
  EXPECT_EQ(anchors({"--count", "2", "--resize", "stretch", "--quiet"}).out, "20,15, 60,80\n") << "20 x 20 and 20 x 10";
}

TEST_F(Anchors, MistakesAreNamed) {
  const CommandResult many = anchors({"--count", "4"});
  EXPECT_EQ(many.code, 2);
  EXPECT_THAT(many.err, HasSubstr("expected 1 to 3 clusters, as many as boxes, found 4"));
  EXPECT_EQ(anchors({"--resize", "fit"}).code, 2);
  EXPECT_EQ(fovea_command({"anchors", "--data", "coco:nothing.json"}, folder_.path()).code, 2);
}

}  // namespace
}  // namespace fovea
