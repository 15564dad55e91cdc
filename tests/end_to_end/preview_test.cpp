#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "command.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "fovea/vision/label_png.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using testing::HasSubstr;

class Preview : public testing::Test {
 protected:
  Preview() {
    cv::Mat picture(60, 80, CV_8UC3, cv::Scalar(200, 120, 40));
    picture(cv::Rect(20, 20, 30, 20)).setTo(cv::Scalar(0, 0, 255));
    save_image(folder_ / "set/one.png", picture);
    folder_.write("set/instances.json", R"({"images": [{"id": 1, "file_name": "one.png", "width": 80, "height": 60}],
      "categories": [{"id": 1, "name": "cell"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 20, 30, 20], "area": 600, "iscrowd": 0}]})");
  }
  CommandResult preview(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"preview", "--data", "coco:set/instances.json", "--out", "sheet.png", "--variants", "2"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }

  TemporaryFolder folder_;
};

TEST_F(Preview, DrawsTheSameSheetForTheSameSeed) {
  folder_.write("recipe.json", R"({"augment": [{"name": "affine", "degrees": 90}, "flip", "mixup"], "model": "anything"})");
  const CommandResult first = preview({"--config", "recipe.json", "--json", "-"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("not shown: mixup"));
  EXPECT_THAT(first.out, HasSubstr("\"picture\": \"sheet.png\""));
  const cv::Mat sheet = load_image(folder_ / "sheet.png");
  EXPECT_GT(sheet.cols, 3 * 240);
  ASSERT_EQ(preview({"--config", "recipe.json"}).code, 0);
  EXPECT_EQ(cv::norm(load_image(folder_ / "sheet.png"), sheet, cv::NORM_INF), 0);
  ASSERT_EQ(preview({"--config", "recipe.json", "--seed", "2"}).code, 0);
  EXPECT_GT(cv::norm(load_image(folder_ / "sheet.png"), sheet, cv::NORM_INF), 0);
}

TEST_F(Preview, DrawsLabelMaps) {
  cv::Mat labels = cv::Mat::zeros(60, 80, CV_8UC1);
  labels(cv::Rect(20, 20, 30, 20)) = 1;
  write_label_png(folder_ / "maps/one.png", labels);
  write_label_png(folder_ / "flat/one.png", cv::Mat::zeros(60, 80, CV_8UC1));
  write_label_png(folder_ / "cells/one/masks/0.png", labels);
  save_image(folder_ / "cells/one/images/one.png", load_image(folder_ / "set/one.png"));
  const auto sheet = [&](const std::string& data) {
    const CommandResult result = fovea_command({"preview", "--data", data, "--out", "sheet.png", "--variants", "0"}, folder_.path());
    EXPECT_EQ(result.code, 0) << result.err;
    const cv::Mat drawn = load_image(folder_ / "sheet.png");
    return drawn.rowRange(drawn.rows / 2, drawn.rows).clone();  // the title says where the data are
  };
  const cv::Mat plain = sheet("png:set,flat"), drawn = sheet("png:set,maps"), masks = sheet("masks:cells");
  EXPECT_GT(cv::norm(plain, drawn, cv::NORM_INF), 20) << "class 1 is tinted, class 0 is not";
  EXPECT_EQ(cv::norm(drawn, masks, cv::NORM_INF), 0) << "the same region";
  const CommandResult alone = fovea_command({"preview", "--data", "png:maps"}, folder_.path());
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("expected png:IMAGES,LABELS"));
}

TEST_F(Preview, MistakesAreNamed) {
  folder_.write("recipe.json", R"({"augment": ["flop"]})");
  const CommandResult unknown = preview({"--config", "recipe.json"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"flip\""));
  std::filesystem::remove(folder_ / "set/one.png");
  const CommandResult missing = preview({});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("one.png"));
  EXPECT_EQ(fovea_command({"preview", "--data", "coco:none.json"}, folder_.path()).code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sheet.png"));
}

}  // namespace
}  // namespace fovea
