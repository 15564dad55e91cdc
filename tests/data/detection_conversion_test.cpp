// Round trips between formats: lossless, or every property that is lost is named.
#include "fovea/data/detection_conversion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/voc.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Two images and every kind of object.
DetectionDataset rich() {
  DetectionDataset data;
  data.images = {{40, "x/b.jpg", 100, 50}, {7, "a.png", 64, 48}, {8, "empty.png", 10, 10}};
  data.categories = {{90, "dog", "animal"}, {3, "cat", ""}, {50, "unused", ""}};
  data.annotations = {{.id = 5, .image = 0, .category = 1, .box = {1, 2, 30, 20}, .area = 600, .is_truncated = true},
                      {.id = 9,
                       .image = 1,
                       .category = 0,
                       .box = {0.5, 0.25, 7, 8},
                       .area = 30,
                       .segmentation = Polygons{{0.5, 0.25, 7.5, 0.25, 7.5, 8.25}}},
                      {.id = 2,
                       .image = 0,
                       .category = 0,
                       .box = {3, 3, 4, 4},
                       .area = 12,
                       .is_crowd = true,
                       .segmentation = RleMask{50, 100, {10, 12, 4978}}},
                      {.id = 11, .image = 1, .category = 1, .box = {2, 2, 3, 3}, .area = 9, .is_difficult = true}};
  return data;
}

/// Whole pixels, boxes' areas, ids as VOC numbers them.
DetectionDataset plain() {
  DetectionDataset data;
  data.images = {{1, "a.jpg", 128, 64}, {2, "b.jpg", 64, 64}};
  data.categories = {{1, "cat", ""}, {2, "dog", ""}};
  data.annotations = {{.id = 1, .image = 0, .category = 1, .box = {16, 8, 32, 16}, .area = 512, .is_difficult = true},
                      {.id = 2, .image = 1, .category = 0, .box = {0, 0, 64, 64}, .area = 4096, .is_truncated = true}};
  return data;
}

class DetectionConversion : public testing::Test {
 protected:
  std::vector<std::string> lost(const DetectionDataset& data, const std::string& scheme) const {
    return convert_detections(data, scheme + ":" + (folder_ / ("out-" + scheme)).string());
  }
  test::TemporaryFolder folder_;
};

TEST_F(DetectionConversion, CocoHoldsEverything) { EXPECT_THAT(lost(rich(), "coco"), ElementsAre()); }

TEST_F(DetectionConversion, VocAndBack) {
  EXPECT_THAT(lost(plain(), "voc"), ElementsAre());
  convert_detections(read_voc(folder_ / "out-voc", "all"), "coco:" + (folder_ / "back.json").string());
  EXPECT_EQ(detection_differences(plain(), read_coco_instances(folder_ / "back.json")), std::vector<std::string>());
}

TEST_F(DetectionConversion, WhatVocCannotHoldIsListed) {
  EXPECT_THAT(
      lost(rich(), "voc"),
      ElementsAre(StartsWith("class without objects: 1 of 3 differ, first in \"unused\": missing"), StartsWith("class id: 2 of 2 differ"),
                  StartsWith("supercategory: 1 of 2 differ"), StartsWith("image id: 3 of 3 differ, first in \"x/b.jpg\": 40, found 2"),
                  StartsWith("annotation id: "), StartsWith("area: 2 of 4 differ, first in \"x/b.jpg\": 12, found 16"),
                  StartsWith("iscrowd: 1 of 4 differ, first in \"x/b.jpg\": true, found false"),
                  StartsWith("segmentation: 2 of 4 differ, first in \"x/b.jpg\": run lengths, found none")));
}

TEST_F(DetectionConversion, WhatYoloCannotHoldIsListed) {
  const std::vector<std::string> lines = lost(plain(), "yolo");
  EXPECT_THAT(lines, ElementsAre(StartsWith("class id: 2 of 2 differ"), StartsWith("difficult: 1 of 2 differ"),
                                 StartsWith("truncated: 1 of 2 differ")))
      << "sides of powers of two: the boxes come back to the last bit";
  EXPECT_THAT(lost(rich(), "boxtxt-xywh"),
              testing::Contains(StartsWith("image size: 3 of 3 differ, first in \"x/b.jpg\": 100x50, found 0x0")));
}

TEST_F(DetectionConversion, OutlinesSurviveYolo) {
  DetectionDataset data = plain();
  data.annotations[0].segmentation = Polygons{{16, 8, 48, 8, 48, 24, 16, 24}};
  EXPECT_THAT(lost(data, "yolo"), testing::Not(testing::Contains(StartsWith("segmentation"))));
}

TEST_F(DetectionConversion, NothingIsWrittenOver) {
  lost(plain(), "voc");
  EXPECT_THROW(lost(plain(), "voc"), FileError);
  EXPECT_THROW(convert_detections(plain(), "vok:x"), OptionError);
  DetectionDataset twice = plain();
  twice.images[1].file_name = "other/a.png";
  EXPECT_THROW(lost(twice, "boxtxt-xyxy"), OptionError);
}

TEST_F(DetectionConversion, RealData) {
  FOVEA_NEEDS_SHARED("data/coco64/annotations/instances.json");
  const DetectionDataset data = read_coco_instances(test::shared_path("data/coco64/annotations/instances.json"));
  EXPECT_THAT(lost(data, "coco"), ElementsAre());
  EXPECT_THAT(lost(data, "voc"), testing::Contains(StartsWith("segmentation: 430 of 430 differ")));
  EXPECT_THAT(lost(data, "yolo"), testing::Contains(StartsWith("iscrowd: 7 of 430 differ")));
}

}  // namespace
}  // namespace fovea
