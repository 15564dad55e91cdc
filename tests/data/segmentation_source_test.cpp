// Pictures with label maps from every form that holds them, and what is said of files that do not fit.
#include "fovea/data/segmentation_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <opencv2/core.hpp>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Map8 = cv::Mat_<std::uint8_t>;

template <class Value = std::uint8_t>
std::vector<int> pixels(const cv::Mat& labels) {
  std::vector<int> values;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) values.push_back(labels.at<Value>(y, x));
  return values;
}

class SegmentationSource : public testing::Test {
 protected:
  /// A grey picture and its label map of 3x1 pixels.
  void add(const std::string& name, const cv::Mat& labels, const std::string& images = "images", const std::string& maps = "labels") const {
    save_image(folder_ / (images + "/" + name + ".jpg"), cv::Mat(labels.size(), CV_8UC3, cv::Scalar(9, 9, 9)));
    write_label_png(folder_ / (maps + "/" + name + ".png"), labels);
  }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::string source() const { return "png:" + at("images") + "," + at("labels"); }
  SegmentationData open(SegmentationDataOptions options = {}) const {
    if (options.split.empty()) options.split = "all";
    return open_segmentation_data(source(), options);
  }

  test::TemporaryFolder folder_;
};

TEST_F(SegmentationSource, LabelsAreIndices) {
  add("a", (Map8(1, 3) << 0, 2, 255));
  add("b/c", (Map8(1, 3) << 1, 1, 0));
  const SegmentationData data = open();
  ASSERT_EQ(data.dataset->size(), 2);
  EXPECT_EQ(data.dataset->labels(), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_THAT(data.notes, Contains("no class names: 3 classes, after the largest label"));
  const SegmentationSample first = data.dataset->get(0), second = data.dataset->get(1);
  EXPECT_EQ(first.id, "a");
  EXPECT_EQ(second.id, "b/c");
  EXPECT_EQ(first.image.type(), CV_8UC3);
  EXPECT_THAT(pixels(first.labels), ElementsAre(0, 2, 255));
  EXPECT_EQ(data.dataset->ignored(), 255);
  EXPECT_THROW(data.dataset->get(2), OptionError);
}

TEST_F(SegmentationSource, ValuesMayStandForClasses) {
  add("a", (Map8(1, 3) << 0, 255, 7));
  const SegmentationData data = open({.names = {"membrane", "cell"}, .values = {0, 255}});
  EXPECT_THAT(pixels(data.dataset->label_map(0)), ElementsAre(0, 1, 255)) << "7 is no class";
  EXPECT_THAT(pixels(open({.values = {7, 0}}).dataset->label_map(0)), ElementsAre(1, 255, 0));
  EXPECT_EQ(open({.values = {7, 0}}).dataset->labels(), (std::vector<std::string>{"7", "0"}));
  const SegmentationData all = open({.ignored = -1});
  EXPECT_EQ(all.dataset->labels().size(), 256u);
  EXPECT_EQ(all.dataset->map_type(), CV_16UC1) << "256 classes and the ignored label";
  EXPECT_THAT(pixels<std::uint16_t>(all.dataset->label_map(0)), ElementsAre(0, 255, 7));
  EXPECT_THAT(pixels<std::uint16_t>(open({.ignored = 7}).dataset->label_map(0)), ElementsAre(0, 255, 65535));
  EXPECT_THAT([&] { open({.values = {3, 3}}); }, ThrowsMessage<OptionError>(HasSubstr("two classes")));
  EXPECT_THAT(
      [&] {
        open({.values = {3, 4}, .ignored = 4});
      },
      ThrowsMessage<OptionError>(HasSubstr("4 stands for a class and is ignored")));
  EXPECT_THAT([&] { open({.values = {-3}}); }, ThrowsMessage<OptionError>(HasSubstr("-3")));
  EXPECT_THAT([&] { open({.names = {"a"}, .values = {3, 4}}); }, ThrowsMessage<OptionError>(HasSubstr("2 label values and 1 class names")));
}

TEST_F(SegmentationSource, SixteenBits) {
  const cv::Mat labels = (cv::Mat_<std::uint16_t>(1, 3) << 300, 65535, 255);
  add("a", labels);
  const SegmentationData data = open();
  EXPECT_EQ(data.dataset->labels().size(), 301u);
  EXPECT_EQ(data.dataset->ignored(), 65535);
  EXPECT_THAT(pixels<std::uint16_t>(data.dataset->label_map(0)), ElementsAre(300, 65535, 255));
}

TEST_F(SegmentationSource, WrongFilesAreNamed) {
  add("a", (Map8(1, 3) << 0, 2, 5));
  const auto throws = [](const auto& matcher) { return ThrowsMessage<FileError>(matcher); };
  const SegmentationData beyond = open({.names = {"x", "y", "z"}});
  EXPECT_THAT([&] { beyond.dataset->label_map(0); },
              throws(AllOf(HasSubstr("a.png"), HasSubstr("pixel (2, 0) has the label 5, expected 0 to 2 or 255 (ignored)"))));
  save_image(folder_ / "images/a.jpg", cv::Mat(4, 5, CV_8UC3, cv::Scalar()));
  const SegmentationData sizes = open();
  EXPECT_THAT([&] { sizes.dataset->get(0); }, throws(AllOf(HasSubstr("a.png: has 3x1 pixels"), HasSubstr("a.jpg has 5x4"))));
  save_image(folder_ / "labels/a.png", cv::Mat(4, 5, CV_8UC3, cv::Scalar()));
  EXPECT_THAT([&] { open({.names = {"x"}}); }, throws(AllOf(HasSubstr("a.png"), HasSubstr("RGB colours, expected labels"))));
  folder_.write("labels/a.png", "");
  EXPECT_THAT([&] { open({.names = {"x"}}); }, throws(HasSubstr("a.png: is empty")));
}

TEST_F(SegmentationSource, MissingFilesAreNotDamagedOnes) {
  for (const char* name : {"a", "b", "c"}) add(name, (Map8(1, 1) << 0));
  std::filesystem::remove(folder_ / "labels/b.png");
  std::filesystem::remove(folder_ / "images/c.jpg");
  const SegmentationData data = open();
  EXPECT_EQ(data.dataset->size(), 1);
  EXPECT_THAT(data.notes, Contains("1 pictures have no label file (\"b\" first): left out"));
  EXPECT_THAT(data.notes, Contains("1 label files have no picture (\"c\" first): left out"));
  std::filesystem::remove(folder_ / "labels/a.png");
  EXPECT_THAT([&] { open(); }, ThrowsMessage<FileError>(HasSubstr("no labels of the name of a picture")));
  std::filesystem::remove(folder_ / "labels/c.png");
  EXPECT_THAT([&] { open(); }, ThrowsMessage<FileError>(HasSubstr("holds no PNG files")));
}

TEST_F(SegmentationSource, TwoPicturesOfOneNameAreAmbiguous) {
  add("a", (Map8(1, 1) << 0));
  save_image(folder_ / "images/a.png", cv::Mat(1, 1, CV_8UC3, cv::Scalar()));
  EXPECT_THAT([&] { open(); }, ThrowsMessage<FileError>(AllOf(HasSubstr("a.png"), HasSubstr("a.jpg"), HasSubstr("which one"))));
}

TEST_F(SegmentationSource, LabelMapsAlone) {
  add("a", (Map8(1, 3) << 0, 2, 1));
  const SegmentationData data = open_segmentation_data("png:" + at("labels"), {.split = "all"});
  EXPECT_TRUE(data.dataset->get(0).image.empty());
  EXPECT_THAT(pixels(data.dataset->get(0).labels), ElementsAre(0, 2, 1));
  EXPECT_THROW(open_segmentation_data("png:a,b,c"), OptionError);
  EXPECT_THROW(open_segmentation_data("png:,b"), OptionError);
  EXPECT_THAT([] { open_segmentation_data("pgn:a"); }, ThrowsMessage<OptionError>(HasSubstr("did you mean \"png\"")));
}

TEST_F(SegmentationSource, CityscapesNames) {
  const cv::Mat map = (Map8(1, 1) << 7);
  for (const char* split : {"train", "val"}) {
    const std::string stem = std::string(split) + "/bonn/bonn_000000_000019";
    save_image(folder_ / ("images/" + stem + "_leftImg8bit.png"), cv::Mat(1, 1, CV_8UC3, cv::Scalar()));
    write_label_png(folder_ / ("labels/" + stem + "_gtFine_labelIds.png"), map);
    write_label_png(folder_ / ("labels/" + stem + "_gtFine_instanceIds.png"), (cv::Mat_<std::uint16_t>(1, 1) << 26001));
    save_image(folder_ / ("labels/" + stem + "_gtFine_color.png"), cv::Mat(1, 1, CV_8UC3, cv::Scalar()));
  }
  const SegmentationData val = open({.split = "val", .names = {"road", "sidewalk"}, .values = {7, 8}});
  ASSERT_EQ(val.dataset->size(), 1);
  EXPECT_EQ(val.split, "val");
  EXPECT_EQ(val.dataset->id(0), "val/bonn/bonn_000000_000019");
  EXPECT_THAT(pixels(val.dataset->get(0).labels), ElementsAre(0));
  EXPECT_EQ(open_segmentation_data(source(), {.names = {"road"}, .values = {7}}).split, "val") << "test, else val";
  EXPECT_EQ(open({.values = {7}}).dataset->size(), 2) << "all";
  EXPECT_THAT([&] { open({.split = "test", .values = {7}}); },
              ThrowsMessage<OptionError>(HasSubstr("has no test split; it has train, val")));
  for (const char* split : {"train", "val"})
    write_label_png(folder_ / ("labels/" + std::string(split) + "/bonn/bonn_000000_000019_gtFine_labelTrainIds.png"), (Map8(1, 1) << 1));
  EXPECT_THAT(pixels(open({.names = {"road", "sidewalk"}}).dataset->label_map(0)), ElementsAre(1)) << "trainIds before labelIds";
}

TEST_F(SegmentationSource, VocLists) {
  for (const char* name : {"a", "b", "c"}) add(name, (Map8(1, 2) << 15, 255), "JPEGImages", "SegmentationClass");
  save_image(folder_ / "JPEGImages/d.jpg", cv::Mat(1, 1, CV_8UC3, cv::Scalar()));
  folder_.write("ImageSets/Segmentation/train.txt", "c\na\n");
  folder_.write("ImageSets/Segmentation/val.txt", "b\n\n");
  folder_.write("ImageSets/Segmentation/test.txt", "d\n");
  const std::string voc = "voc:" + folder_.path().string();
  const SegmentationData train = open_segmentation_data(voc, {.split = "train"});
  ASSERT_EQ(train.dataset->size(), 2);
  EXPECT_EQ(train.dataset->id(0), "c");
  EXPECT_EQ(train.dataset->labels().size(), 16u);
  EXPECT_THAT(train.notes, Contains(AllOf(HasSubstr("test.txt"), HasSubstr("none of its samples has labels"))));
  EXPECT_EQ(open_segmentation_data(voc).split, "val");
  EXPECT_EQ(open_segmentation_data("png:" + at("JPEGImages") + "," + at("SegmentationClass/")).split, "val") << "the same by its folders";
  folder_.write("ImageSets/Segmentation/val.txt", "b\nx\n");
  EXPECT_THAT([&] { open_segmentation_data(voc); },
              ThrowsMessage<FileError>(AllOf(HasSubstr("val.txt"), HasSubstr("line 2: \"x\" has no label file"))));
}

TEST_F(SegmentationSource, SeededSplitsShareRareClasses) {
  for (int i = 0; i < 40; ++i) add(std::to_string(i), (Map8(1, 2) << 0, i % 4 == 0 ? 1 : 0));  // ten maps with class 1
  std::multiset<std::string> seen;
  for (const auto& [split, size, with_class] : {std::tuple{"train", 32, 8}, std::tuple{"val", 4, 1}, std::tuple{"test", 4, 1}}) {
    const SegmentationData data = open({.split = split, .names = {"ground", "tree"}, .seed = 3});
    EXPECT_EQ(data.dataset->size(), size) << split;
    EXPECT_THAT(data.notes, Contains(HasSubstr("seeded stratified 80/10/10 of 40 images (seed 3): train 32, val 4, test 4")));
    int held = 0;
    for (std::int64_t i = 0; i < data.dataset->size(); ++i) {
      seen.insert(data.dataset->id(i));
      held += pixels(data.dataset->label_map(i))[1] == 1 ? 1 : 0;
    }
    EXPECT_EQ(held, with_class) << split;
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 40u);
  EXPECT_EQ(seen.size(), 40u) << "nothing twice";
  EXPECT_EQ(open_segmentation_data(source(), {.names = {"ground", "tree"}}).split, "test");
  EXPECT_EQ(open_segmentation_data(source(), {.names = {"ground", "tree"}, .seeded_split = false}).split, "all");
  const auto ids = [&](int threads, std::uint64_t seed) {
    const SegmentationData data = open({.split = "train", .seed = seed, .threads = threads});
    std::vector<std::string> list;
    for (std::int64_t i = 0; i < data.dataset->size(); ++i) list.push_back(data.dataset->id(i));
    return list;
  };
  EXPECT_EQ(ids(1, 1), ids(3, 1));
  EXPECT_NE(ids(1, 1), ids(1, 2));
}

constexpr const char* kInstances = R"({
  "images": [{"id": 7, "file_name": "a.png", "width": 4, "height": 2}],
  "categories": [{"id": 30, "name": "cell"}, {"id": 5, "name": "dust"}],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 30, "bbox": [0, 0, 2, 2], "area": 4, "iscrowd": 0, "segmentation": {"size": [2, 4], "counts": [0, 4, 4]}},
    {"id": 2, "image_id": 7, "category_id": 5, "bbox": [1, 0, 1, 2], "area": 2, "iscrowd": 0, "segmentation": {"size": [2, 4], "counts": [2, 2, 4]}},
    {"id": 3, "image_id": 7, "category_id": 5, "bbox": [1, 0, 2, 2], "area": 4, "iscrowd": 1, "segmentation": {"size": [2, 4], "counts": [2, 4, 2]}}
  ]})";

TEST_F(SegmentationSource, ObjectsArePainted) {
  folder_.write("gt.json", kInstances);
  save_image(folder_ / "a.png", cv::Mat(2, 4, CV_8UC3, cv::Scalar()));
  const auto map = [&](CrowdPixels crowds) {
    return pixels(open_segmentation_data("coco:" + at("gt.json"), {.split = "all", .crowds = crowds}).dataset->get(0).labels);
  };
  EXPECT_THAT(map(CrowdPixels::ignored), ElementsAre(1, 2, 255, 0, 1, 2, 255, 0)) << "the later object on top, the crowd below both";
  EXPECT_THAT(map(CrowdPixels::painted), ElementsAre(1, 2, 2, 0, 1, 2, 2, 0));
  EXPECT_THAT(map(CrowdPixels::background), ElementsAre(1, 2, 0, 0, 1, 2, 0, 0));
  EXPECT_EQ(open_segmentation_data("coco:" + at("gt.json"), {.split = "all"}).dataset->labels(),
            (std::vector<std::string>{"background", "cell", "dust"}));
}

TEST_F(SegmentationSource, ObjectsWithoutMasksAreRefused) {
  folder_.write("gt.json",
                R"({"images": [{"id": 7, "file_name": "a.png", "width": 4, "height": 2}], "categories": [{"id": 1, "name": "cell"}],
    "annotations": [{"id": 12, "image_id": 7, "category_id": 1, "bbox": [0, 0, 2, 2]}]})");
  const SegmentationData data = open_segmentation_data("coco:" + at("gt.json"), {.split = "all"});
  EXPECT_THAT([&] { data.dataset->label_map(0); }, ThrowsMessage<OptionError>(HasSubstr("annotation 12 has a box only")));
}

TEST_F(SegmentationSource, YoloOutlines) {
  save_image(folder_ / "set/images/a.png", cv::Mat(4, 8, CV_8UC3, cv::Scalar()));
  folder_.write("set/labels/a.txt", "1 0 0 0.5 0 0.5 1 0 1\n");
  folder_.write("set/classes.txt", "cat\ndog\n");
  const SegmentationData data = open_segmentation_data("yolo:" + at("set"), {.split = "all"});
  const cv::Mat map = data.dataset->get(0).labels;
  EXPECT_EQ(map.at<std::uint8_t>(1, 1), 2);
  EXPECT_EQ(map.at<std::uint8_t>(1, 6), 0);
}

TEST_F(SegmentationSource, RealMembranes) {
  FOVEA_NEEDS_SHARED("data/membrane_isbi2012/train/label");
  const auto root = test::shared_path("data/membrane_isbi2012/train");
  const SegmentationData data = open_segmentation_data("png:" + (root / "image").string() + "," + (root / "label").string(),
                                                       {.split = "all", .names = {"membrane", "cell"}, .values = {0, 255}});
  ASSERT_EQ(data.dataset->size(), 30);
  std::int64_t cell = 0, all = 0;
  for (std::int64_t i = 0; i < data.dataset->size(); ++i) {
    const SegmentationSample sample = data.dataset->get(i);
    cell += cv::countNonZero(sample.labels == 1);
    all += static_cast<std::int64_t>(sample.labels.total());
    EXPECT_EQ(cv::countNonZero(sample.labels == 255), 0);
  }
  EXPECT_NEAR(static_cast<double>(cell) / static_cast<double>(all), 0.78, 0.005) << "as the data set's page says";
}

}  // namespace
}  // namespace fovea
