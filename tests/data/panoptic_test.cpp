#include "fovea/data/panoptic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/data/segmentation_source.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Ids = cv::Mat_<std::int32_t>;

constexpr const char* kPanoptic = R"({
  "images": [{"id": 4, "file_name": "b.jpg", "width": 3, "height": 2}, {"id": 9, "file_name": "c.jpg", "width": 1, "height": 1}],
  "categories": [{"id": 1, "name": "person", "isthing": 1, "color": [220, 20, 60]}, {"id": 100, "name": "sky", "isthing": 0, "color": [1, 2, 3]}],
  "annotations": [{"image_id": 4, "file_name": "b.png", "segments_info": [
    {"id": 70000, "category_id": 1, "area": 2, "bbox": [0, 0, 2, 1], "iscrowd": 0},
    {"id": 5, "category_id": 100, "area": 2, "bbox": [1, 1, 2, 1], "iscrowd": 0},
    {"id": 6, "category_id": 1, "area": 1, "bbox": [2, 0, 1, 1], "iscrowd": 1}]}]})";

class Panoptic : public testing::Test {
 protected:
  Panoptic() {
    folder_.write("gt.json", kPanoptic);
    write_id_png(folder_ / "gt/b.png", (Ids(2, 3) << 70000, 70000, 6, 0, 5, 5));
    save_image(folder_ / "b.jpg", cv::Mat(2, 3, CV_8UC3, cv::Scalar()));
  }
  /// The JSON with a piece of its text replaced.
  void change(const std::string& from, const std::string& to) const {
    std::string text = kPanoptic;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    folder_.write("gt.json", text.replace(at, from.size(), to));
  }
  PanopticDataset read() const { return read_panoptic(folder_ / "gt.json"); }

  test::TemporaryFolder folder_;
};

TEST_F(Panoptic, SegmentsAndTheirPixels) {
  const PanopticDataset data = read();
  ASSERT_EQ(data.images.size(), 1u);
  EXPECT_THAT(data.notes, ElementsAre("1 of 2 images have no annotation: left out"));
  EXPECT_EQ(data.images[0].image.file_name, "b.jpg");
  EXPECT_EQ(data.images[0].segments, (std::vector<PanopticSegment>{{70000, 0, false}, {5, 1, false}, {6, 0, true}}));
  EXPECT_TRUE(data.categories[0].is_thing);
  EXPECT_FALSE(data.categories[1].is_thing);
  EXPECT_EQ(read_segment_ids(data.images[0]).at<std::int32_t>(0, 1), 70000);
}

TEST_F(Panoptic, AreLabelMapsToo) {
  const SegmentationData data = open_segmentation_data("panoptic:" + (folder_ / "gt.json").string(), {.split = "all"});
  EXPECT_EQ(data.dataset->labels(), (std::vector<std::string>{"person", "sky"}));
  EXPECT_EQ(data.dataset->palette(), (Palette{{220, 20, 60}, {1, 2, 3}}));
  const SegmentationSample sample = data.dataset->get(0);
  EXPECT_EQ(sample.id, "b");
  EXPECT_EQ(cv::countNonZero(sample.labels != (cv::Mat_<std::uint8_t>(2, 3) << 0, 0, 0, 255, 1, 1)), 0);
}

TEST_F(Panoptic, AreObjectsToo) {
  const DetectionDataset objects = to_detections(read());
  ASSERT_EQ(objects.annotations.size(), 3u);
  EXPECT_EQ(objects.annotations[1].box, (XywhBox{1, 1, 2, 1}));
  EXPECT_EQ(objects.annotations[1].category, 1);
  EXPECT_TRUE(objects.annotations[2].is_crowd);
  EXPECT_EQ(objects.annotations[0].segmentation, Segmentation(RleMask{2, 3, {0, 1, 1, 1, 3}}));
}

TEST_F(Panoptic, WritesWhatItReads) {
  const PanopticDataset data = read();
  write_panoptic(folder_ / "out/copy.json", data, [&](std::size_t i) { return read_segment_ids(data.images[i]); });
  const PanopticDataset back = read_panoptic(folder_ / "out/copy.json");
  ASSERT_EQ(back.images.size(), 1u);
  EXPECT_EQ(back.categories, data.categories);
  EXPECT_EQ(back.images[0].image, data.images[0].image);
  EXPECT_EQ(back.images[0].segments, data.images[0].segments);
  EXPECT_EQ(cv::countNonZero(read_segment_ids(back.images[0]) != read_segment_ids(data.images[0])), 0);
  const Json json = read_json_file(folder_ / "out/copy.json");
  EXPECT_EQ(json["annotations"][0]["segments_info"], parse_json(kPanoptic, "x")["annotations"][0]["segments_info"])
      << "areas and boxes of the pixels";
}

TEST_F(Panoptic, IdsOfBothFilesMustAgree) {
  const auto throws = [](const auto& matcher) { return ThrowsMessage<FileError>(matcher); };
  write_id_png(folder_ / "gt/b.png", (Ids(2, 3) << 70000, 70000, 6, 0, 5, 8));
  EXPECT_THAT([&] { read_segment_ids(read().images[0]); },
              throws(AllOf(HasSubstr("b.png"), HasSubstr("pixel (2, 1) is of segment 8, which segments_info of image 4 does not list"))));
  write_id_png(folder_ / "gt/b.png", (Ids(2, 3) << 70000, 70000, 0, 0, 5, 5));
  EXPECT_THAT([&] { read_segment_ids(read().images[0]); },
              throws(AllOf(HasSubstr("b.png"), HasSubstr("no pixel of segment 6, which segments_info of image 4 lists"))));
  write_id_png(folder_ / "gt/b.png", Ids(1, 3, 0));
  EXPECT_THAT([&] { read_segment_ids(read().images[0]); }, throws(HasSubstr("has 3x1 pixels, but image 4 has 3x2")));
  write_label_png(folder_ / "gt/b.png", cv::Mat::zeros(2, 3, CV_8UC1));
  EXPECT_THAT([&] { read_segment_ids(read().images[0]); }, throws(HasSubstr("8-bit grey, expected 8-bit RGB")));
  folder_.write("gt/b.png", read_text_file(folder_ / "b.jpg").substr(0, 60));
  EXPECT_THROW(read_segment_ids(read().images[0]), FileError);
  std::filesystem::remove(folder_ / "gt/b.png");
  EXPECT_THAT([&] { read_segment_ids(read().images[0]); }, throws(HasSubstr("b.png")));
}

TEST_F(Panoptic, WrongJsonIsNamed) {
  const auto expect = [&](const char* from, const char* to, const char* message) {
    change(from, to);
    EXPECT_THAT([&] { read(); }, ThrowsMessage<FileError>(AllOf(HasSubstr("gt.json"), HasSubstr(message)))) << from;
  };
  expect("\"annotations\"", "\"annotation\"", "expected COCO panoptic, found no \"annotations\"");
  expect("\"image_id\": 4", "\"image_id\": 5", "annotations[0].image_id: there is no image 5");
  expect("\"category_id\": 100", "\"category_id\": 101", "annotations[0].segments_info: there is no category 101");
  expect("\"id\": 5", "\"id\": 70000", "annotations[0].segments_info: segment 70000 for the second time");
  expect("\"id\": 5", "\"id\": 0", "expected segment ids from 1 to 16777215, found 0");
  expect("\"id\": 5,", "", "annotations[0].segments_info: \"id\" is missing");
  expect("\"file_name\": \"b.png\",", "", "annotations[0]: \"file_name\" is missing");
  expect("[220, 20, 60]", "[220, 20]", "categories[0].color: expected 3 numbers");
  expect("\"isthing\": 1", "\"isthing\": 2", "categories[0].isthing: expected 0, 1, false or true");
  expect("\"segments_info\": [", "\"segments_info\": [[", "is not valid JSON");
}

TEST_F(Panoptic, ResultsMayBeAnnotationsAlone) {
  const PanopticDataset truth = read();
  folder_.write("dt.json", R"({"annotations": [{"image_id": 4, "file_name": "b.png", "segments_info": [{"id": 1, "category_id": 100}]}]})");
  write_id_png(folder_ / "dt/b.png", Ids(2, 3, 1));
  const PanopticDataset results = read_panoptic(folder_ / "dt.json", {}, &truth);
  ASSERT_EQ(results.images.size(), 1u);
  EXPECT_EQ(results.images[0].segments, (std::vector<PanopticSegment>{{1, 1, false}}));
  EXPECT_THROW(read_panoptic(folder_ / "dt.json"), FileError);
}

}  // namespace
}  // namespace fovea
