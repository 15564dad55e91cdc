#include "fovea/data/instance_masks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <opencv2/core.hpp>
#include <sstream>

#include "fovea/base/error.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "fovea/data/segmentation_source.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

using Map8 = cv::Mat_<std::uint8_t>;

class InstanceMasks : public testing::Test {
 protected:
  InstanceMasks() {
    save_image(folder_ / "in/s2/images/s2.png", cv::Mat(2, 3, CV_8UC3, cv::Scalar(1, 2, 3)));
    write_label_png(folder_ / "in/s2/masks/m10.png", (Map8(2, 3) << 0, 255, 255, 0, 0, 0));
    write_label_png(folder_ / "in/s2/masks/m2.png", (Map8(2, 3) << 0, 0, 0, 1, 1, 0));
    save_image(folder_ / "in/s10/images/s10.jpg", cv::Mat(4, 4, CV_8UC3, cv::Scalar()));
    folder_.write("in/solution.csv", "not a sample");
  }
  DetectionDataset read() const { return read_instance_masks(folder_ / "in", {.name = "nucleus"}); }

  test::TemporaryFolder folder_;
};

TEST_F(InstanceMasks, AreObjects) {
  const DetectionDataset data = read();
  EXPECT_EQ(data.images, (std::vector<DetectionImage>{{1, "s2.png", 3, 2}, {2, "s10.jpg", 4, 4}}));
  EXPECT_EQ(data.categories, (std::vector<DetectionCategory>{{1, "nucleus", ""}}));
  ASSERT_EQ(data.annotations.size(), 2u);
  EXPECT_EQ(data.annotations[0].segmentation, Segmentation(RleMask{2, 3, {1, 1, 1, 1, 2}})) << "m2 before m10";
  EXPECT_EQ(data.annotations[1].box, (XywhBox{1, 0, 2, 1}));
  EXPECT_EQ(data.annotations[1].area, 2);
  const SegmentationData maps = open_segmentation_data("masks:" + (folder_ / "in").string(), {.split = "all"});
  const SegmentationSample sample = maps.dataset->get(0);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(0, 0), cv::Vec3b(1, 2, 3)) << "the picture is found in its sample's folder";
  EXPECT_EQ(cv::countNonZero(sample.labels != (Map8(2, 3) << 0, 1, 1, 1, 1, 0)), 0);
}

TEST_F(InstanceMasks, WrongFilesAreNamed) {
  const auto throws = [](const auto& matcher) { return ThrowsMessage<FileError>(matcher); };
  write_label_png(folder_ / "in/s2/masks/m2.png", Map8(5, 5, std::uint8_t{0}));
  EXPECT_THAT([&] { read(); }, throws(AllOf(HasSubstr("m2.png: has 5x5 pixels"), HasSubstr("s2.png has 3x2"))));
  save_image(folder_ / "in/s2/masks/m2.png", cv::Mat(2, 3, CV_8UC3, cv::Scalar()));
  EXPECT_THAT([&] { read(); }, throws(AllOf(HasSubstr("m2.png"), HasSubstr("RGB"))));
  folder_.write("in/s2/masks/m2.png", "");
  EXPECT_THAT([&] { read(); }, throws(HasSubstr("m2.png: is empty")));
  std::filesystem::remove(folder_ / "in/s2/masks/m2.png");
  save_image(folder_ / "in/s2/images/more.png", cv::Mat(2, 3, CV_8UC3, cv::Scalar()));
  EXPECT_THAT([&] { read(); }, throws(HasSubstr("holds 2 pictures, expected one: more.png and s2.png")));
  EXPECT_THAT([&] { read_instance_masks(folder_ / "in/s2"); }, throws(HasSubstr("holds no folder with images/ and masks/")));
  EXPECT_THROW(read_instance_masks(folder_ / "nowhere"), FileError);
}

TEST_F(InstanceMasks, PicturesMayBeMissingAndMasksEmpty) {
  std::filesystem::remove_all(folder_ / "in/s2/images");
  write_label_png(folder_ / "in/s2/masks/m3.png", Map8(2, 3, std::uint8_t{0}));
  const DetectionDataset data = read();
  EXPECT_EQ(data.images[0], (DetectionImage{1, "s2.png", 3, 2}));
  EXPECT_THAT(data.notes, ElementsAre(HasSubstr("1 samples have no picture"), "1 masks are empty"));
  std::filesystem::remove_all(folder_ / "in/s10/images/s10.jpg");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<FileError>(HasSubstr("neither a picture in images/ nor a mask")));
}

TEST_F(InstanceMasks, ComeBackFromCoco) {
  const DetectionDataset data = read();
  EXPECT_THAT(convert_detections(data, "coco:" + (folder_ / "a.json").string()), ElementsAre());
  EXPECT_THAT(convert_detections(read_coco_instances(folder_ / "a.json"), "masks:" + (folder_ / "back").string()), ElementsAre());
  EXPECT_EQ(detection_differences(data, read_instance_masks(folder_ / "back", {.name = "nucleus", .sizes = &data})),
            std::vector<std::string>());
}

TEST_F(InstanceMasks, WhatTheyCannotHoldIsListed) {
  DetectionDataset data = read();
  data.categories.push_back({7, "dust", "dirt"});
  data.annotations[0].category = 1;
  data.annotations[1].is_crowd = true;
  data.images[0].id = 40;
  EXPECT_THAT(convert_detections(data, "masks:" + (folder_ / "out").string()),
              AllOf(Contains(StartsWith("class without objects: 2 of 2 differ")), Contains(StartsWith("image id: 1 of 2 differ")),
                    Contains(StartsWith("class: 2 of 2 differ")), Contains(StartsWith("iscrowd: 1 of 2 differ"))));
  data.annotations[0].segmentation = {};
  EXPECT_THAT([&] { write_instance_masks(folder_ / "boxes", data); },
              ThrowsMessage<OptionError>(HasSubstr("annotation 1 of \"s2.png\" has a box only")));
}

/// The data set's own run lengths: 1-based, column by column.
std::multimap<std::string, RleMask> solution(const std::filesystem::path& csv, const DetectionDataset& data) {
  std::map<std::string, const DetectionImage*> images;
  for (const DetectionImage& image : data.images) images[std::filesystem::path(image.file_name).stem().string()] = &image;
  std::multimap<std::string, RleMask> masks;
  std::ifstream file(csv);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string id, runs;
    std::getline(fields, id, ',');
    std::getline(fields, runs, ',');
    if (!images.contains(id)) continue;
    std::vector<std::uint32_t> counts;
    std::istringstream numbers(runs);
    std::uint32_t end = 0;
    for (std::uint32_t start = 0, length = 0; numbers >> start >> length; end = start - 1 + length) {
      counts.push_back(start - 1 - end);
      counts.push_back(length);
    }
    masks.emplace(id, make_mask(counts, images[id]->height, images[id]->width));
  }
  return masks;
}

TEST(InstanceMasksOfNuclei, AreThePublishedOnes) {
  FOVEA_NEEDS_SHARED("data/nuclei_dsb2018");
  const auto folder = test::shared_path("data/nuclei_dsb2018");
  const DetectionDataset data = read_instance_masks(folder, {.name = "nucleus"});
  EXPECT_EQ(data.images.size(), 44u);
  EXPECT_EQ(data.annotations.size(), 2803u);
  std::multimap<std::string, RleMask> published = solution(folder / "solution_rle.csv", data);
  EXPECT_EQ(published.size(), 2803u);
  for (const DetectionAnnotation& annotation : data.annotations) {
    const std::string id = std::filesystem::path(data.images[static_cast<std::size_t>(annotation.image)].file_name).stem().string();
    auto [at, end] = published.equal_range(id);
    while (at != end && Segmentation(at->second) != annotation.segmentation) ++at;
    ASSERT_NE(at, end) << id << ": annotation " << annotation.id << " is not in solution_rle.csv";
    published.erase(at);
  }
  EXPECT_TRUE(published.empty());
}

}  // namespace
}  // namespace fovea
