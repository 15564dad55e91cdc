#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "fovea/vision/image_writer.hpp"
#include "fovea/vision/label_png.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::AllOf;
using testing::HasSubstr;

using Map8 = cv::Mat_<std::uint8_t>;

class EvaluateSegmentations : public testing::Test {
 protected:
  EvaluateSegmentations() {
    write_label_png(folder_ / "gt/a.png", (Map8(2, 3) << 0, 0, 0, 1, 1, 255), voc_palette());
    write_label_png(folder_ / "gt/b.png", (Map8(1, 1) << 1), voc_palette());
    write_label_png(folder_ / "dt/a.png", (Map8(2, 3) << 0, 0, 1, 1, 255, 1));
    write_label_png(folder_ / "dt/b.png", (Map8(1, 1) << 1));
  }
  CommandResult evaluate(std::vector<std::string> words) const {
    words.insert(words.begin(), "evaluate-segmentations");
    return fovea_command(words, folder_.path());
  }

  test::TemporaryFolder folder_;
};

TEST_F(EvaluateSegmentations, WritesTheFixedKeys) {
  folder_.write("names.txt", "ground\ntree\n");
  const CommandResult result = evaluate({"--gt", "png:gt", "--dt", "png:dt", "--names", "names.txt", "--boundaries", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("split all: 2 label maps, 2 classes"));
  const Json json = Json::parse(result.out);
  for (const char* key :
       {"protocol", "count", "split", "model", "fovea_version", "pixel_accuracy", "mean_accuracy", "mIoU", "fwIoU", "dice", "per_class"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["count"], 2);
  EXPECT_EQ(json["pixel_accuracy"].get<double>(), 4 / 6.0) << "reads back to the same bits";
  EXPECT_EQ(json["per_class"]["tree"]["iou"].get<double>(), 2 / 4.0);
  EXPECT_EQ(json["per_class"]["ground"]["dice"].get<double>(), 4 / 5.0);
  EXPECT_EQ(json["mIoU"].get<double>(), (2 / 3.0 + 2 / 4.0) / 2);
  EXPECT_EQ(json["ignored_pixels"], 1);
  const CommandResult table = evaluate({"--gt", "png:gt", "--dt", "png:dt", "--threads", "1", "--json", "m.json"});
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("one confusion matrix of all pixels"), HasSubstr("mean IoU"), HasSubstr("0.6666666666666666")));
  EXPECT_EQ(Json::parse(read_text_file(folder_ / "m.json"))["mIoU"], json["mIoU"]);
}

TEST_F(EvaluateSegmentations, OtherValuesAndSplits) {
  write_label_png(folder_ / "other/a.png", (Map8(2, 3) << 0, 0, 0, 255, 255, 7));
  write_label_png(folder_ / "other/b.png", (Map8(1, 1) << 255));
  const CommandResult result =
      evaluate({"--gt", "png:other", "--dt", "png:dt", "--label-values", "0,255", "--dt-label-values", "0,1", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["pixel_accuracy"].get<double>(), 4 / 6.0);
  const CommandResult split = evaluate({"--gt", "png:gt", "--dt", "png:dt", "--split", "train"});
  EXPECT_EQ(split.code, 0) << split.err;
  EXPECT_THAT(split.err, HasSubstr("seeded stratified 80/10/10 of 2 images (seed 1)"));
}

TEST_F(EvaluateSegmentations, Panoptic) {
  const auto write = [&](const std::string& name, const cv::Mat& ids, const char* segments) {
    folder_.write(name + ".json", std::string(R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 4, "height": 1}],
      "categories": [{"id": 1, "name": "cat", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}],
      "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": )") +
                                      segments + "}]}");
    write_id_png(folder_ / (name + "/a.png"), ids);
  };
  write("gt", (cv::Mat_<std::int32_t>(1, 4) << 5, 5, 5, 6), R"([{"id": 5, "category_id": 1}, {"id": 6, "category_id": 2}])");
  write("dt", (cv::Mat_<std::int32_t>(1, 4) << 1, 1, 2, 2), R"([{"id": 1, "category_id": 1}, {"id": 2, "category_id": 2}])");
  const CommandResult result = evaluate({"--gt", "panoptic:gt.json", "--dt", "panoptic:dt.json", "--panoptic", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["PQ"].get<double>(), 2 / 3.0 / 2);
  EXPECT_EQ(json["things"]["SQ"].get<double>(), 2 / 3.0);
  EXPECT_EQ(json["per_class"]["sky"]["fp"], 1);
  EXPECT_THAT(evaluate({"--gt", "panoptic:gt.json", "--dt", "panoptic:dt.json", "--panoptic"}).out, HasSubstr("COCO panoptic"));
  EXPECT_EQ(Json::parse(evaluate({"--gt", "panoptic:gt.json", "--dt", "panoptic:dt.json", "--json", "-"}).out)["pixel_accuracy"], 0.75)
      << "the same files as label maps";
  EXPECT_EQ(evaluate({"--gt", "png:gt", "--dt", "panoptic:dt.json", "--panoptic"}).code, 2);
  EXPECT_EQ(evaluate({"--gt", "panoptic:gt.json", "--dt", "panoptic:dt.json", "--panoptic", "--boundaries"}).code, 2);
}

TEST_F(EvaluateSegmentations, MistakesAreNamed) {
  const auto expect = [&](const std::vector<std::string>& words, const char* message) {
    const CommandResult result = evaluate(words);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  expect({"--gt", "png:gt", "--dt", "png:nowhere"}, "nowhere");
  expect({"--gt", "pgn:gt", "--dt", "png:dt"}, "did you mean \"png\"");
  expect({"--gt", "png:gt", "--dt", "png:dt", "--ignore-label", "x"}, "--ignore-label x: expected 0 to 65535, or none");
  expect({"--gt", "png:gt", "--dt", "png:dt", "--split", "tests"}, "did you mean \"test\"");
  std::filesystem::remove(folder_ / "dt/b.png");
  expect({"--gt", "png:gt", "--dt", "png:dt"}, "the results have no label map \"b\"");
  save_image(folder_ / "dt/b.png", cv::Mat(1, 1, CV_8UC3, cv::Scalar()));
  expect({"--gt", "png:gt", "--dt", "png:dt"}, "RGB colours, expected labels");
  write_label_png(folder_ / "dt/b.png", (Map8(1, 2) << 0, 0));
  expect({"--gt", "png:gt", "--dt", "png:dt"}, "\"b\": the ground truth has 1x1 pixels, the results have 2x1");
  write_label_png(folder_ / "dt/b.png", (Map8(1, 1) << 9));
  expect({"--gt", "png:gt", "--dt", "png:dt"}, "pixel (0, 0) has the label 9, expected 0 to 1 or 255 (ignored)");
}

}  // namespace
}  // namespace fovea
