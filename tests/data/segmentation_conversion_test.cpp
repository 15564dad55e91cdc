// Round trips of label maps and segments: lossless, or what is lost is named.
#include "fovea/data/segmentation_conversion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/panoptic.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using Map8 = cv::Mat_<std::uint8_t>;

class SegmentationConversions : public testing::Test {
 protected:
  SegmentationConversions() {
    write_label_png(folder_ / "labels/x/a.png", (Map8(2, 3) << 0, 1, 2, 255, 1, 1), voc_palette());
    write_label_png(folder_ / "labels/b.png", (Map8(1, 2) << 2, 2), voc_palette());
    save_image(folder_ / "images/x/a.jpg", cv::Mat(2, 3, CV_8UC3, cv::Scalar(1, 2, 3)));
    save_image(folder_ / "images/b.jpg", cv::Mat(1, 2, CV_8UC3, cv::Scalar()));
    folder_.write("labels/classes.txt", "ground\ntree\nhouse\n");
    folder_.write("gt.json",
                  R"({"images": [{"id": 7, "file_name": "b.jpg", "width": 4, "height": 2}], "categories": [{"id": 3, "name": "cell"}],
      "annotations": [
      {"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 2], "area": 2, "segmentation": {"size": [2, 4], "counts": [0, 2, 6]}},
      {"id": 2, "image_id": 7, "category_id": 3, "bbox": [0, 0, 2, 2], "area": 4, "segmentation": {"size": [2, 4], "counts": [0, 4, 4]}},
      {"id": 3, "image_id": 7, "category_id": 3, "bbox": [3, 0, 1, 2], "area": 2, "iscrowd": 1, "segmentation": {"size": [2, 4], "counts": [6, 2]}}]})");
  }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::string png() const { return "png:" + at("images") + "," + at("labels"); }
  std::vector<std::string> lost(const std::string& from, const std::string& to, SegmentationDataOptions options = {}) const {
    options.split = "all";
    return convert_segmentations(from, to, options).lost;
  }

  test::TemporaryFolder folder_;
};

TEST_F(SegmentationConversions, LabelPngsComeBack) {
  EXPECT_THAT(lost(png(), "png:" + at("i") + "," + at("l")), ElementsAre());
  EXPECT_EQ(read_file(folder_ / "i/x/a.jpg"), read_file(folder_ / "images/x/a.jpg")) << "the same bytes";
  const SegmentationData back = open_segmentation_data("png:" + at("i") + "," + at("l"), {.split = "all"});
  EXPECT_EQ(back.dataset->labels(), (std::vector<std::string>{"ground", "tree", "house"}));
  EXPECT_EQ(back.dataset->get(1).image.size(), cv::Size(3, 2));
  EXPECT_EQ(read_label_png(folder_ / "l/b.png").palette, voc_palette());
}

TEST_F(SegmentationConversions, SixteenBitMapsComeBack) {
  write_label_png(folder_ / "many/a.png", (cv::Mat_<std::uint16_t>(1, 3) << 300, 65535, 255));
  EXPECT_THAT(lost("png:" + at("many"), "png:" + at("l")), ElementsAre());
  EXPECT_EQ(read_label_png(folder_ / "l/a.png").labels.type(), CV_16UC1);
}

TEST_F(SegmentationConversions, LabelMapsBecomeSegmentsAndBack) {
  EXPECT_THAT(lost(png(), "panoptic:" + at("p.json")), ElementsAre(StartsWith("palette: 1 of 1 differ")));
  EXPECT_THAT(lost("panoptic:" + at("p.json"), "panoptic:" + at("q.json")), ElementsAre());
  const PanopticDataset panoptic = read_panoptic(folder_ / "q.json");
  EXPECT_FALSE(panoptic.categories[1].is_thing);
  EXPECT_EQ(panoptic.images[1].image.file_name, "x/a.jpg");
  EXPECT_THAT(lost("panoptic:" + at("p.json"), "png:" + at("l"), {.image_root = folder_ / "images"}), ElementsAre());
  const auto maps = open_segmentation_data("png:" + at("l"), {.split = "all"}).dataset;
  EXPECT_EQ(segmentation_differences(*open_segmentation_data("png:" + at("labels"), {.split = "all"}).dataset, *maps).size(), 1u)
      << "all but the palette";
}

TEST_F(SegmentationConversions, WhatCocoCannotHoldOfLabelMapsIsListed) {
  EXPECT_THAT(lost(png(), "coco:" + at("sem.json")),
              ElementsAre(StartsWith("class: 1 of 3 differ, first in \"ground\": missing"), StartsWith("palette"),
                          StartsWith("pixels: 2 of 8 in 1 of 2 images differ, first in \"x/a\" at (0, 0): ground, found background")));
  const DetectionDataset objects = read_coco_instances(folder_ / "sem.json");
  ASSERT_EQ(objects.annotations.size(), 3u) << "one for each class of an image";
  EXPECT_EQ(objects.images[1].file_name, "x/a.jpg");
}

TEST_F(SegmentationConversions, WhatMapsCannotHoldOfObjectsIsListed) {
  const std::string coco = "coco:" + at("gt.json");
  EXPECT_THAT(lost(coco, "png:" + at("l")), ElementsAre("object: which pixel is of which of 3 objects",
                                                        "covered: 2 pixels in 1 of 1 images are of several objects; the last is on top",
                                                        "iscrowd: 1 crowds are ignored, painted or background"));
  EXPECT_THAT(lost(coco, "panoptic:" + at("p.json")),
              ElementsAre(StartsWith("covered: 2 pixels"), "object: 1 of 3 lie under others",
                          StartsWith("annotation id: 1 of 2 differ, first in \"b.jpg\": 3, found 1")))
      << "the crowd and the object on top come back with their masks";
  EXPECT_THAT(lost("panoptic:" + at("p.json"), "masks:" + at("m")), Contains(StartsWith("iscrowd: 1 of 2 differ")));
  EXPECT_THAT(lost(png(), "panoptic:" + at("stuff.json")), testing::SizeIs(1));
  EXPECT_THAT(lost("panoptic:" + at("stuff.json"), "coco:" + at("stuff-as-objects.json")),
              ElementsAre("isthing: 3 of 3 classes are stuff"));
}

TEST_F(SegmentationConversions, NothingIsWrittenOver) {
  EXPECT_THROW(lost(png(), png()), FileError);
  folder_.write("p.json", "mine");
  EXPECT_THROW(lost(png(), "panoptic:" + at("p.json")), FileError);
  EXPECT_THROW(lost(png(), "png:a,b,c"), OptionError);
  EXPECT_THROW(lost(png(), "folder:x"), OptionError);
  EXPECT_TRUE(is_segmentation_conversion("coco:x", "png:y"));
  EXPECT_TRUE(is_segmentation_conversion("panoptic:x", "coco:y"));
  EXPECT_FALSE(is_segmentation_conversion("coco:x", "masks:y"));
}

TEST_F(SegmentationConversions, RealNuclei) {
  FOVEA_NEEDS_SHARED("data/nuclei_dsb2018");
  const std::string masks = "masks:" + test::shared_path("data/nuclei_dsb2018").string();
  EXPECT_THAT(lost(masks, "panoptic:" + at("p.json")), ElementsAre()) << "nuclei do not overlap: all 2803 come back";
  EXPECT_THAT(lost("panoptic:" + at("p.json"), "coco:" + at("c.json")), ElementsAre());
}

}  // namespace
}  // namespace fovea
