#include "fovea/data/annotated_dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::TemporaryFolder;

constexpr const char* kInstances = R"({
  "images": [{"id": 7, "file_name": "a.png", "width": 20, "height": 10}, {"id": 9, "file_name": "b.png", "width": 6, "height": 8}],
  "categories": [{"id": 3, "name": "cell"}, {"id": 5, "name": "dust"}],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 5, "bbox": [2, 1, 4, 5], "area": 20, "iscrowd": 0, "segmentation": [[2, 1, 6, 1, 6, 6, 2, 6]]},
    {"id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 0, 6, 8], "area": 48, "iscrowd": 1, "segmentation": {"size": [8, 6], "counts": [0, 48]}},
    {"id": 3, "image_id": 9, "category_id": 3, "bbox": [1, 0, 2, 8], "area": 16, "iscrowd": 0, "segmentation": {"size": [8, 6], "counts": [8, 16, 24]}}
  ]})";

class AnnotatedDatasetTest : public testing::Test {
 protected:
  AnnotatedDatasetTest() {
    folder_.write("set/annotations/instances.json", kInstances);
    save_image(folder_ / "set/images/a.png", cv::Mat(10, 20, CV_8UC3, cv::Scalar(1, 2, 3)));
    save_image(folder_ / "set/images/b.png", cv::Mat(8, 6, CV_8UC3, cv::Scalar(4, 5, 6)));
  }
  std::string source() const { return "coco:" + (folder_ / "set/annotations/instances.json").string(); }

  TemporaryFolder folder_;
};

TEST_F(AnnotatedDatasetTest, GivesPicturesWithTheirObjects) {
  const AnnotatedDataset dataset(source());
  ASSERT_EQ(dataset.size(), 2);
  EXPECT_EQ(dataset.names(), (std::vector<std::string>{"cell", "dust"}));
  const AnnotatedImage a = dataset.get(0), b = dataset.get(1);
  EXPECT_EQ(a.image.at<cv::Vec3b>(0, 0), cv::Vec3b(1, 2, 3));
  ASSERT_EQ(a.objects.size(), 1u);
  EXPECT_EQ(a.objects[0].label, 1);
  EXPECT_EQ(a.objects[0].box, (Box{2, 1, 6, 6}));
  ASSERT_EQ(a.objects[0].polygons.size(), 1u);
  EXPECT_EQ(a.objects[0].polygons[0][2], cv::Point2d(6, 6));
  ASSERT_EQ(b.objects.size(), 1u) << "crowds are left out";
  ASSERT_TRUE(b.objects[0].mask);
  EXPECT_EQ(mask_box(*b.objects[0].mask), cv::Rect(1, 0, 2, 8));
  EXPECT_THROW(dataset.get(2), OptionError);
}

TEST_F(AnnotatedDatasetTest, MissingAndWrongPicturesAreNamed) {
  std::filesystem::remove(folder_ / "set/images/a.png");
  save_image(folder_ / "set/images/b.png", cv::Mat(9, 9, CV_8UC3, cv::Scalar()));
  const AnnotatedDataset dataset(source());
  const auto message = [&](std::int64_t index) {
    try {
      dataset.get(index);
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(0), testing::AllOf(testing::HasSubstr("a.png"), testing::HasSubstr("--image-root")));
  EXPECT_THAT(message(1), testing::AllOf(testing::HasSubstr("9x9"), testing::HasSubstr("6x8")));
}

TEST_F(AnnotatedDatasetTest, LooksUnderTheImageRootAlone) {
  save_image(folder_ / "elsewhere/a.png", cv::Mat(10, 20, CV_8UC3, cv::Scalar(9, 9, 9)));
  const AnnotatedDataset dataset(source(), {.split = "", .names = {}, .image_root = folder_ / "elsewhere"});
  EXPECT_EQ(dataset.get(0).image.at<cv::Vec3b>(0, 0), cv::Vec3b(9, 9, 9));
  EXPECT_THROW(dataset.get(1), FileError);
}

}  // namespace
}  // namespace fovea
