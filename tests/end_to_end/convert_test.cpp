#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "fovea/vision/label_png.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::HasSubstr;

class Convert : public testing::Test {
 protected:
  CommandResult convert(const std::string& to, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"convert", "--from", world_.idx(), "--to", to};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }
  std::size_t pictures() const { return list_images(folder_ / "set").size(); }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

TEST_F(Convert, WritesFoldersThatReadBack) {
  const CommandResult result = convert("folder:set", {"--split", "all", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out), Json({{"split", "all"}, {"count", 60}}));
  EXPECT_EQ(pictures(), 60u);
  const CommandResult evaluation =
      fovea_command({"evaluate", "--model", world_.model(), "--data", "folder:set", "--split", "all", "--json", "-"}, folder_.path());
  ASSERT_EQ(evaluation.code, 0) << evaluation.err;
  const Json folders = Json::parse(evaluation.out);
  const Json idx =
      Json::parse(fovea_command({"evaluate", "--model", world_.model(), "--data", world_.idx(), "--split", "all", "--json", "-"}).out);
  EXPECT_EQ(folders["count"], 60);
  EXPECT_EQ(folders["confusion"], idx["confusion"]);
}

TEST_F(Convert, KeepsPixelsAndClasses) {
  ASSERT_EQ(convert("folder:set").code, 0);
  const std::string bytes = test::striped_images(12, 2);
  for (int i = 0; i < 12; ++i) {
    const cv::Mat image =
        load_image(folder_ / ("set/" + std::to_string(i % 3) + "/000" + (i < 10 ? "0" : "") + std::to_string(i) + ".png"));
    ASSERT_EQ(image.size(), cv::Size(12, 12));
    for (int at = 0; at < 144; ++at)
      ASSERT_EQ(image.at<cv::Vec3b>(at / 12, at % 12),
                cv::Vec3b::all(static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(16 + 144 * i + at)])))
          << i;
  }
}

TEST_F(Convert, StopsAtTheCount) {
  ASSERT_EQ(convert("folder:set", {"--count", "7"}).code, 0);
  EXPECT_EQ(pictures(), 7u);
}

TEST_F(Convert, NamesFoldersAfterClasses) {
  folder_.write("names.txt", "T-shirt/top\nbag\nankle boot\n");
  const CommandResult result = convert("folder:set", {"--names", "names.txt"});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* name : {"T-shirt-top", "bag", "ankle boot"})
    EXPECT_EQ(list_images(folder_ / ("set/" + std::string(name))).size(), 4u) << name;
}

TEST_F(Convert, DoesNotMixWithWhatIsThere) {
  folder_.write("set/notes.txt", "mine");
  const CommandResult result = convert("folder:set");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("not an empty folder"));
  EXPECT_EQ(pictures(), 0u);
}

TEST_F(Convert, UnusableArgumentsAreNamed) {
  EXPECT_EQ(convert("set").code, 2);
  EXPECT_THAT(convert("coco:set").err, HasSubstr("expected folder:DIR"));
  EXPECT_EQ(convert("folder:").code, 2);
  const CommandResult split = convert("folder:set", {"--split", "tests"});
  EXPECT_EQ(split.code, 2);
  EXPECT_THAT(split.err, HasSubstr("did you mean \"test\""));
  EXPECT_EQ(fovea_command({"convert", "--from", "idx:nowhere", "--to", "folder:set"}, folder_.path()).code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "set"));
}

TEST(ConvertDetections, SaysWhatIsLost) {
  const TemporaryFolder folder;
  folder.write("gt.json",
               R"({"images": [{"id": 7, "file_name": "a.jpg", "width": 40, "height": 30}], "categories": [{"id": 1, "name": "cat"}],
    "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [4, 3, 10, 6], "area": 50}]})");
  const CommandResult voc = fovea_command({"convert", "--from", "coco:gt.json", "--to", "voc:out", "--json", "-"}, folder.path());
  ASSERT_EQ(voc.code, 0) << voc.err;
  EXPECT_EQ(Json::parse(voc.out)["lost"],
            Json({"image id: 1 of 1 differ, first in \"a.jpg\": 7, found 1", "area: 1 of 1 differ, first in \"a.jpg\": 50, found 60"}));
  EXPECT_THAT(voc.err, HasSubstr("the other form does not hold:"));
  EXPECT_THAT(read_text_file(folder / "out/Annotations/a.xml"), HasSubstr("<xmin>5</xmin>"));
  const CommandResult back = fovea_command({"convert", "--from", "voc:out", "--to", "coco:back.json"}, folder.path());
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_THAT(back.err, HasSubstr("lossless: every property came back"));
  EXPECT_EQ(fovea_command({"convert", "--from", "voc:out", "--to", "coco:back.json"}, folder.path()).code, 2) << "nothing is written over";
  EXPECT_EQ(fovea_command({"convert", "--from", "voc:out", "--to", "coco:c.json", "--count", "1"}, folder.path()).code, 2);
}

TEST(ConvertLabelMaps, SaysWhatIsLost) {
  const TemporaryFolder folder;
  save_image(folder / "cells/a/images/a.png", cv::Mat(2, 3, CV_8UC3, cv::Scalar()));
  write_label_png(folder / "cells/a/masks/0.png", (cv::Mat_<std::uint8_t>(2, 3) << 255, 255, 0, 0, 0, 0));
  const CommandResult maps = fovea_command({"convert", "--from", "masks:cells", "--to", "png:images,labels", "--json", "-"}, folder.path());
  ASSERT_EQ(maps.code, 0) << maps.err;
  EXPECT_EQ(Json::parse(maps.out), Json({{"split", "all"}, {"count", 1}, {"lost", {"object: which pixel is of which of 1 objects"}}}));
  EXPECT_EQ(read_text_file(folder / "labels/classes.txt"), "background\nobject\n");
  const CommandResult coco = fovea_command({"convert", "--from", "masks:cells", "--to", "coco:cells.json"}, folder.path());
  EXPECT_THAT(coco.err, HasSubstr("lossless: every property came back"));
  const CommandResult back =
      fovea_command({"convert", "--from", "coco:cells.json", "--to", "masks:back", "--image-root", "cells"}, folder.path());
  EXPECT_THAT(back.err, HasSubstr("lossless: every property came back"));
  EXPECT_TRUE(std::filesystem::exists(folder / "back/a/images/a.png")) << "pictures are copied";
  folder.write("labels/a.png", "");
  const CommandResult empty = fovea_command({"convert", "--from", "png:images,labels", "--to", "coco:x.json"}, folder.path());
  EXPECT_EQ(empty.code, 2);
  EXPECT_THAT(empty.err, HasSubstr("a.png: is empty"));
}

}  // namespace
}  // namespace fovea
