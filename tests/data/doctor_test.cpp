// One planted fault of each kind, found by the doctor and mended in its copy.
#include "fovea/data/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Blotches of all sizes, another picture for every seed.
cv::Mat scene(std::uint64_t seed, cv::Size size = {80, 60}) {
  RandomStream stream(seed);
  cv::Mat coarse(6, 8, CV_8UC3), picture;
  for (int i = 0; i < 6 * 8; ++i)
    for (int c = 0; c < 3; ++c) coarse.at<cv::Vec3b>(i / 8, i % 8)[c] = static_cast<std::uint8_t>(stream.below(256));
  cv::resize(coarse, picture, size, 0, 0, cv::INTER_CUBIC);
  return picture;
}

class Doctor : public testing::Test {
 protected:
  void picture(const std::string& file, std::uint64_t seed, cv::Size size = {80, 60}) const {
    save_image(folder_ / file, scene(seed, size));
  }

  /// coco/instances.json with images a.png and b.png of 80x60 pixels, and these annotations and further images.
  void write_coco(const std::string& annotations, const std::string& more_images = "") const {
    picture("coco/a.png", 1);
    picture("coco/b.png", 2);
    folder_.write("coco/instances.json", R"({"images": [{"id": 1, "file_name": "a.png", "width": 80, "height": 60},
      {"id": 2, "file_name": "b.png", "width": 80, "height": 60})" +
                                             more_images + R"(],
      "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30]},
      {"id": 2, "image_id": 2, "category_id": 2, "bbox": [40, 10, 20, 30]})" +
                                             annotations + "]}");
  }
  std::string coco() const { return "coco:" + (folder_ / "coco/instances.json").string(); }

  Inspection inspect(const std::string& source, const DoctorOptions& options = {}) const {
    return inspect_data({source}, options, threads_);
  }
  /// Names of the kinds that were found, one for each finding.
  static std::vector<std::string> kinds(const Inspection& data) {
    std::vector<std::string> names;
    for (const DataFinding& finding : data.findings) names.emplace_back(info_of(finding.kind).name);
    return names;
  }
  /// The only finding is of this kind; its message.
  std::string only(const Inspection& data, const std::string& kind) const {
    EXPECT_THAT(kinds(data), ElementsAre(kind));
    return data.findings.empty() ? "" : data.findings.front().file + ": " + data.findings.front().message;
  }
  /// The copy of `data`, looked at again.
  Inspection repaired(const Inspection& data, const std::string& source, std::vector<std::string>* changes = nullptr) const {
    const std::vector<std::string> made = write_repaired(data, folder_ / "fixed");
    if (changes != nullptr) *changes = made;
    return inspect(source);
  }
  std::string fixed_coco() const { return "coco:" + (folder_ / "fixed/instances.json").string(); }

  test::TemporaryFolder folder_;
  Threads threads_{2};
};

TEST_F(Doctor, HealthyDataHasNoFindings) {
  write_coco("");
  const Inspection data = inspect(coco());
  EXPECT_THAT(kinds(data), IsEmpty());
  ASSERT_EQ(data.splits.size(), 1u);
  EXPECT_EQ(data.splits[0].name, "all");
  EXPECT_EQ(data.splits[0].images[1].size, cv::Size(80, 60));
  EXPECT_EQ(data.count(Severity::error), 0);
  EXPECT_THAT(write_repaired(data, folder_ / "fixed"), IsEmpty());
  EXPECT_EQ(read_text_file(folder_ / "fixed/images/a.png"), read_text_file(folder_ / "coco/a.png"));
}

TEST_F(Doctor, BoxesOutsideTheirImage) {
  write_coco(R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [70, 50, 20, 5], "area": 100,
                   "segmentation": [[70, 50, 90, 50, 90, 55, 70, 55]]}
                , {"id": 4, "image_id": 2, "category_id": 1, "bbox": [-0.4, 0, 20, 60.4]}
                , {"id": 5, "image_id": 2, "category_id": 1, "bbox": [90, 0, 20, 20]})");
  const Inspection data = inspect(coco());
  EXPECT_THAT(kinds(data), ElementsAre("box-outside", "box-outside")) << "half a pixel is rounding";
  EXPECT_EQ(data.findings[0].message, "object 3 (cat): expected a box inside 80x60 pixels, found x 70, y 50, width 20, height 5");
  EXPECT_EQ(data.findings[0].file, "a.png");
  EXPECT_EQ(data.findings[0].annotation, 2);
  std::vector<std::string> changes;
  const Inspection again = repaired(data, fixed_coco(), &changes);
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_THAT(changes, ElementsAre("all: a.png: object 3 (cat) clipped to x 70, y 50, width 10, height 5",
                                   "all: b.png: object 5 (cat) left out: it lies outside the image"));
  const DetectionAnnotation& clipped = again.splits[0].boxes.annotations[2];
  EXPECT_EQ(clipped.box, (XywhBox{70, 50, 10, 5}));
  EXPECT_EQ(clipped.area, 50);
  EXPECT_EQ(std::get<Polygons>(clipped.segmentation), (Polygons{{70, 50, 80, 50, 80, 55, 70, 55}}));
}

TEST_F(Doctor, OutlinesAreClippedWhereTheyCrossTheBorder) {
  write_coco(
      R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [60, 0, 40, 40], "area": 800, "segmentation": [[60, 0, 100, 20, 60, 40]]})");
  const Inspection again = repaired(inspect(coco()), fixed_coco());
  const DetectionAnnotation& clipped = again.splits[0].boxes.annotations[2];
  EXPECT_EQ(std::get<Polygons>(clipped.segmentation), (Polygons{{60, 0, 80, 10, 80, 30, 60, 40}}));
  EXPECT_EQ(clipped.box, (XywhBox{60, 0, 20, 40}));
}

TEST_F(Doctor, EmptyAndInvertedBoxes) {
  write_coco(
      R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [5, 6, 0, 7]}, {"id": 4, "image_id": 2, "category_id": 2, "bbox": [30, 20, 9, -4]})");
  const Inspection data = inspect(coco());
  EXPECT_THAT(kinds(data), ElementsAre("inverted-box", "empty-box"));
  EXPECT_EQ(data.findings[0].message, "object 4 (dog): expected the far corner behind the near one, found x 30, y 20, width 9, height -4");
  EXPECT_EQ(data.findings[1].message, "object 3 (cat): expected a width and a height, found x 5, y 6, width 0, height 7");
  std::vector<std::string> changes;
  EXPECT_THAT(kinds(repaired(data, fixed_coco(), &changes)), IsEmpty());
  EXPECT_EQ(changes.size(), 2u);
}

TEST_F(Doctor, ObjectsThatAreMarkedTwice) {
  write_coco(
      R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [10.2, 10, 20, 30]}, {"id": 4, "image_id": 1, "category_id": 1, "bbox": [11, 10, 20, 30]},
      {"id": 5, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 33]})");
  const Inspection data = inspect(coco());
  EXPECT_THAT(only(data, "duplicate-annotation"), HasSubstr("found object 1 (cat) and object 3 (cat)"));
  std::vector<std::string> changes;
  const Inspection again = repaired(data, fixed_coco(), &changes);
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_EQ(again.splits[0].boxes.annotations.size(), 4u);
  EXPECT_THAT(changes, ElementsAre("all: a.png: object 3 (cat) left out: it is marked twice"));
}

TEST_F(Doctor, OneBoxWithTwoClasses) {
  write_coco(R"(, {"id": 3, "image_id": 1, "category_id": 2, "bbox": [10, 10, 20, 30]})");
  const Inspection data = inspect(coco());
  EXPECT_THAT(only(data, "conflicting-classes"), HasSubstr("expected one class for one box, found object 1 (cat) and object 3 (dog)"));
  EXPECT_EQ(data.count(Severity::error), 0) << "a person has to judge";
}

TEST_F(Doctor, MissingAndUnreadableImages) {
  write_coco(
      R"(, {"id": 3, "image_id": 7, "category_id": 1, "bbox": [1, 1, 9, 9]}, {"id": 4, "image_id": 8, "category_id": 1, "bbox": [1, 1, 9, 9]})",
      R"(, {"id": 7, "file_name": "gone.png", "width": 80, "height": 60}, {"id": 8, "file_name": "cut.png", "width": 80, "height": 60})");
  folder_.write("coco/cut.png", read_text_file(folder_ / "coco/a.png").substr(0, 400));
  const Inspection data = inspect(coco());
  ASSERT_THAT(kinds(data), ElementsAre("missing-image", "unreadable-image"));
  EXPECT_EQ(data.findings[0].file, "gone.png");
  EXPECT_THAT(data.findings[0].message, HasSubstr("is in none of"));
  EXPECT_EQ(data.findings[1].file, "cut.png");
  EXPECT_THAT(data.findings[1].message, HasSubstr("cut short"));
  std::vector<std::string> changes;
  const Inspection again = repaired(data, fixed_coco(), &changes);
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_EQ(again.splits[0].boxes.images.size(), 2u);
  EXPECT_EQ(again.splits[0].boxes.annotations.size(), 2u);
  EXPECT_EQ(changes.size(), 2u);
}

TEST_F(Doctor, SizesUnlikeTheFiles) {
  write_coco(R"(, {"id": 3, "image_id": 7, "category_id": 1, "bbox": [1, 1, 70, 9]})",
             R"(, {"id": 7, "file_name": "c.png", "width": 90, "height": 64})");
  picture("coco/c.png", 3, {64, 90});
  const Inspection data = inspect(coco());
  ASSERT_THAT(kinds(data), ElementsAre("size-mismatch", "box-outside"));
  EXPECT_THAT(data.findings[0].message,
              testing::StartsWith("expected 90x64 pixels as its annotations say, found 64x90: the picture is turned"));
  const Inspection again = repaired(data, fixed_coco());
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_EQ(again.splits[0].boxes.images[2].width, 64);
  EXPECT_EQ(again.splits[0].boxes.annotations[2].box, (XywhBox{1, 1, 63, 9}));
}

TEST_F(Doctor, UnknownClassesAndImagesAndWhatCannotBeRead) {
  write_coco(
      R"(, {"id": 3, "image_id": 1, "category_id": 9, "bbox": [1, 1, 9, 9]}, {"id": 4, "image_id": 99, "category_id": 1, "bbox": [1, 1, 9, 9]},
                {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9]})");
  const Inspection data = inspect(coco());
  ASSERT_THAT(kinds(data), ElementsAre("malformed", "unknown-class", "unknown-image"));
  EXPECT_EQ(data.findings[0].message, "annotations[4].bbox: expected 4 numbers x, y, width, height, found 3");
  EXPECT_EQ(data.findings[1].message, "annotations[2].category_id: there is no category 9");
  EXPECT_EQ(data.findings[2].message, "annotations[3].image_id: there is no image 99");
  std::vector<std::string> changes;
  EXPECT_THAT(kinds(repaired(data, fixed_coco(), &changes)), IsEmpty());
  EXPECT_EQ(changes.size(), 3u);
  EXPECT_THROW(open_detection_data(coco()), FileError) << "to other readers each of these is an error";
}

TEST_F(Doctor, ImagesThatAreListedTwice) {
  write_coco(
      R"(, {"id": 3, "image_id": 7, "category_id": 1, "bbox": [50, 10, 20, 30]}, {"id": 4, "image_id": 7, "category_id": 1, "bbox": [10, 10, 20, 30]})",
      R"(, {"id": 7, "file_name": "a.png", "width": 80, "height": 60})");
  const Inspection data = inspect(coco());
  ASSERT_THAT(kinds(data), ElementsAre("duplicate-image", "near-duplicate"));
  EXPECT_EQ(data.findings[0].message, "expected every image once, found it as entries 1 and 3");
  const Inspection again = repaired(data, fixed_coco());
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_EQ(again.splits[0].boxes.annotations.size(), 3u) << "the objects of both, without the one that both have";
}

TEST_F(Doctor, TinyObjects) {
  write_coco(R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 1, 30, 3.5]})");
  EXPECT_THAT(only(inspect(coco()), "tiny-object"), HasSubstr("object 3 (cat): expected sides of 4 pixels or more, found 30x3.5"));
  EXPECT_THAT(kinds(inspect(coco(), {.tiny = 3})), IsEmpty());
}

TEST_F(Doctor, ImbalanceAndUnusedClasses) {
  std::string annotations;
  for (int i = 0; i < 10; ++i)
    annotations +=
        R"(, {"id": )" + std::to_string(10 + i) + R"(, "image_id": 1, "category_id": 1, "bbox": [)" + std::to_string(6 * i) + ", 1, 5, 5]}";
  write_coco(annotations);
  EXPECT_THAT(only(inspect(coco()), "class-imbalance"), HasSubstr("found 11: 11 cat, 1 dog; 1 classes are that rare: dog"));
  EXPECT_THAT(kinds(inspect(coco(), {.imbalance = 11})), IsEmpty());

  folder_.write("coco/unused.json",
                R"({"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30]}]})");
  EXPECT_THAT(only(inspect("coco:" + (folder_ / "coco/unused.json").string()), "unused-class"), HasSubstr("found nothing of 1 of 2: dog"));
}

TEST_F(Doctor, NearDuplicatesWithinAndAcrossSplits) {
  for (const char* name : {"train/cat/1", "train/dog/1", "val/cat/1", "val/dog/1"})
    picture(std::string("set/") + name + ".png",
            static_cast<std::uint64_t>(name[0]) * 7 + static_cast<std::uint64_t>(name[name[0] == 't' ? 6 : 4]));
  cv::Mat smaller;
  cv::resize(scene(7 * 't' + 'c') * 0.9, smaller, {60, 45}, 0, 0, cv::INTER_AREA);
  save_image(folder_ / "set/val/dog/leak.jpg", smaller);
  save_image(folder_ / "set/train/cat/again.jpg", scene(7 * 't' + 'c'));
  save_image(folder_ / "set/train/cat/black.png", cv::Mat::zeros(60, 80, CV_8UC3));
  save_image(folder_ / "set/val/cat/black.png", cv::Mat::zeros(60, 80, CV_8UC3));
  const Inspection data = inspect("folder:" + (folder_ / "set").string());
  ASSERT_THAT(kinds(data), ElementsAre("split-leak", "near-duplicate"));
  EXPECT_EQ(data.findings[0].file, "val/dog/leak.jpg");
  EXPECT_THAT(data.findings[0].message,
              HasSubstr("expected a picture of its own in val, found train/cat/1.png of train, which is cat and not dog"));
  EXPECT_EQ(data.findings[1].file, "train/cat/again.jpg");
  EXPECT_THAT(data.notes, ElementsAre(HasSubstr("2 images have a side below 32 pixels or no structure")));
  EXPECT_EQ(data.count(Severity::error), 1);
}

TEST_F(Doctor, FoldersWithoutImages) {
  picture("set/train/cat/1.png", 1);
  picture("set/train/dog/1.png", 2);
  picture("set/val/cat/1.png", 3);
  picture("set/val/cow/1.png", 4);
  folder_.write("set/val/dog/notes.txt", "no picture");
  const Inspection data = inspect("folder:" + (folder_ / "set").string());
  EXPECT_THAT(kinds(data), ElementsAre("empty-class-folder", "empty-class-folder", "class-missing-in-train"));
  EXPECT_THAT(data.findings[0].message, HasSubstr("has the class folder \"cow\""));
  EXPECT_THAT(data.findings[1].message, HasSubstr("holds no pictures"));
  EXPECT_THAT(data.findings[2].message, HasSubstr("expected cow in train"));
  EXPECT_THROW(open_classification_data("folder:" + (folder_ / "set").string()), FileError);
}

TEST_F(Doctor, UnreadablePicturesOfClassesAreLeftOutOfTheCopy) {
  picture("set/cat/1.png", 1);
  picture("set/dog/1.png", 2);
  folder_.write("set/dog/2.png", "no picture at all");
  const Inspection data = inspect("folder:" + (folder_ / "set").string());
  EXPECT_THAT(only(data, "unreadable-image"), HasSubstr("dog/2.png: is not an image of a known format"));
  EXPECT_THAT(kinds(repaired(data, "folder:" + (folder_ / "fixed").string())), IsEmpty());
}

TEST_F(Doctor, VocWithListsOfSplits) {
  const auto annotation = [](const char* name, const char* box) {
    return std::string("<annotation><filename>") + name +
           ".png</filename><size><width>80</width><height>60</height></size><object><name>cat</name>" + "<bndbox>" + box +
           "</bndbox></object></annotation>";
  };
  for (const char* name : {"a", "b", "c"}) picture(std::string("voc/JPEGImages/") + name + ".png", static_cast<std::uint64_t>(*name));
  folder_.write("voc/Annotations/a.xml", annotation("a", "<xmin>1</xmin><ymin>1</ymin><xmax>80</xmax><ymax>60</ymax>"));
  folder_.write("voc/Annotations/b.xml", annotation("b", "<xmin>0</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax>"));
  folder_.write("voc/Annotations/c.xml", annotation("c", "<xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>20</ymax>"));
  folder_.write("voc/Annotations/d.xml", "<annotation><object></annotation>");
  folder_.write("voc/ImageSets/Main/train.txt", "a\nb\n");
  folder_.write("voc/ImageSets/Main/val.txt", "c\nd\na\n");
  const std::string source = "voc:" + (folder_ / "voc").string();
  const Inspection data = inspect(source);
  ASSERT_THAT(kinds(data), ElementsAre("malformed", "empty-box", "box-outside", "split-leak"));
  EXPECT_THAT(data.findings[0].file, HasSubstr("d.xml"));
  EXPECT_THAT(data.findings[1].message, HasSubstr("found xmin 9, ymin 9, xmax 9, ymax 20"));
  EXPECT_THAT(data.findings[2].message, HasSubstr("found xmin 0, ymin 1, xmax 20, ymax 20")) << "one pixel outside is a fault";
  EXPECT_THAT(data.findings[3].message, HasSubstr("found a.png of train (0 of 64 bits differ)"));
  EXPECT_THAT(kinds(repaired(data, "voc:" + (folder_ / "fixed").string())), ElementsAre("split-leak"))
      << "which image to drop is a decision";
  EXPECT_THAT(kinds(inspect(source, {.names = {"dog"}})), testing::Contains("unknown-class"));
}

TEST_F(Doctor, YoloWithSplits) {
  picture("yolo/images/train/a.png", 1);
  picture("yolo/images/train/b.png", 2);
  picture("yolo/images/val/c.png", 3);
  folder_.write("yolo/images/val/d.png", "no picture");
  folder_.write("yolo/labels/train/a.txt", "0 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.1\n5 0.5 0.5 0.1 0.1\n");
  folder_.write("yolo/labels/train/b.txt", "1 0.9 0.5 0.6 0.2\n");
  folder_.write("yolo/labels/val/c.txt", "0 0.5 0.5 0.2 0.2\n1 0.2 0.2 0.2 0.2\n");
  folder_.write("yolo/data.yaml", "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n");
  const Inspection data = inspect("yolo:" + (folder_ / "yolo").string());
  ASSERT_THAT(kinds(data), ElementsAre("malformed", "unknown-class", "unreadable-image", "box-outside"));
  EXPECT_THAT(data.findings[0].message, HasSubstr("line 2: expected a class and 4 numbers"));
  EXPECT_THAT(data.findings[1].message, HasSubstr("line 3: there is no class 5: the last is 1"));
  EXPECT_EQ(data.findings[2].file, "d.png");
  const Inspection again = repaired(data, "yolo:" + (folder_ / "fixed").string());
  EXPECT_THAT(kinds(again), IsEmpty());
  ASSERT_EQ(again.splits.size(), 2u);
  EXPECT_EQ(again.splits[0].name, "train");
  EXPECT_EQ(again.splits[0].boxes.annotations.size(), 2u);
  EXPECT_EQ(again.splits[1].boxes.annotations.size(), 2u);
}

TEST_F(Doctor, TextFilesWithAndWithoutImages) {
  picture("images/a.png", 1);
  folder_.write("gt/a.txt", "cat 1 1 10 10\ncat 5 5 5 9\ncat 70 10 100 30\n");
  const std::string source = "boxtxt-xyxy:" + (folder_ / "gt").string();
  const Inspection alone = inspect(source);
  EXPECT_THAT(kinds(alone), ElementsAre("empty-box"));
  EXPECT_THAT(alone.notes, ElementsAre(HasSubstr("--image-root")));
  EXPECT_THAT(kinds(repaired(alone, "boxtxt-xyxy:" + (folder_ / "fixed").string())), IsEmpty());
  EXPECT_THAT(kinds(inspect(source, {.image_root = folder_ / "images"})), ElementsAre("empty-box", "box-outside"));
}

TEST_F(Doctor, SeveralFilesAreSplitsOfOneDataSet) {
  write_coco("");
  folder_.write("coco/val.json", R"({"images": [{"id": 1, "file_name": "b.png"}], "categories": [{"id": 1, "name": "dog"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [40, 10, 20, 30]}]})");
  const std::string val = "coco:" + (folder_ / "coco/val.json").string();
  const Inspection data = inspect_data({coco(), val}, {}, threads_);
  ASSERT_EQ(data.splits.size(), 2u);
  EXPECT_EQ(data.splits[0].name, "instances");
  EXPECT_THAT(only(data, "split-leak"), HasSubstr("b.png of instances (0 of 64 bits differ)"));
  EXPECT_THROW(inspect_data({coco(), "voc:x"}, {}, threads_), OptionError);
  EXPECT_THROW(inspect_data({}, {}, threads_), OptionError);
}

TEST_F(Doctor, CsvIsRepairedAsCsv) {
  picture("csv/a.png", 1);
  folder_.write("csv/boxes.csv",
                "file,image_width,image_height,label,x,y,width,height\na.png,80,60,cat,10,10,20,20\na.png,80,60,cat,70,50,20,5\n");
  const Inspection data = inspect("csv:" + (folder_ / "csv/boxes.csv").string());
  EXPECT_THAT(kinds(data), ElementsAre("box-outside"));
  const Inspection again = repaired(data, "csv:" + (folder_ / "fixed/boxes.csv").string());
  EXPECT_THAT(kinds(again), IsEmpty());
  EXPECT_EQ(again.splits[0].boxes.annotations.at(1).box.width, 10);
}

TEST_F(Doctor, KindsThatAreNotWrittenAreNamed) {
  picture("masks/a/images/a.png", 1);
  cv::Mat mask = cv::Mat::zeros(60, 80, CV_8UC1);
  mask(cv::Rect(10, 10, 20, 20)) = 255;
  save_image(folder_ / "masks/a/masks/a_0.png", mask);
  const Inspection data = inspect("masks:" + (folder_ / "masks").string());
  try {
    write_repaired(data, folder_ / "fixed");
    FAIL() << "no error";
  } catch (const OptionError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("masks:"), HasSubstr("no repaired copy")));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "fixed"));
}

TEST_F(Doctor, TheSourceIsNeverTouchedAndNothingIsWrittenOver) {
  write_coco(R"(, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [5, 6, 0, 7]})");
  const std::string before = read_text_file(folder_ / "coco/instances.json");
  const Inspection data = inspect(coco());
  EXPECT_THROW(write_repaired(data, folder_ / "coco"), FileError);
  write_repaired(data, folder_ / "fixed");
  EXPECT_EQ(read_text_file(folder_ / "coco/instances.json"), before);
}

TEST_F(Doctor, FindingsDoNotDependOnThreads) {
  for (int i = 0; i < 12; ++i)
    picture("set/" + std::string(i % 2 == 0 ? "cat/" : "dog/") + std::to_string(i) + ".png", static_cast<std::uint64_t>(i / 3 + 1));
  const std::vector<std::string> sources = {"folder:" + (folder_ / "set").string()};
  const Inspection one = inspect_data(sources, {}, Threads(1)), two = inspect_data(sources, {}, Threads(2));
  ASSERT_EQ(one.findings.size(), 8u);
  ASSERT_EQ(two.findings.size(), one.findings.size());
  for (std::size_t i = 0; i < one.findings.size(); ++i) {
    EXPECT_EQ(one.findings[i].file, two.findings[i].file);
    EXPECT_EQ(one.findings[i].message, two.findings[i].message);
  }
}

TEST_F(Doctor, TheTwoEmptyBoxesOfBccd) {
  FOVEA_NEEDS_SHARED("data/bccd");
  const Inspection data = inspect("voc:" + test::shared_path("data/bccd").string());
  std::set<std::string> files;
  for (const DataFinding& finding : data.findings)
    if (finding.kind == FindingKind::empty_box) files.insert(finding.file);
  EXPECT_THAT(files, ElementsAre("BloodImage_00338.jpg", "BloodImage_00343.jpg"));
}

TEST(FindingKinds, StandInTheirOrderWithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < finding_kinds().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(finding_kinds()[i].kind), i);
    names.insert(finding_kinds()[i].name);
  }
  EXPECT_EQ(names.size(), finding_kinds().size());
  EXPECT_STREQ(info_of(FindingKind::class_missing_in_train).name, "class-missing-in-train");
}

}  // namespace
}  // namespace fovea
