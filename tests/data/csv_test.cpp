// Comma-separated values: boxes, results and classes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_files.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/box_csv.hpp"
#include "fovea/data/class_csv.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "fovea/data/detection_source.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Csv : public testing::Test {
 protected:
  DetectionDataset boxes(const std::string& text, const std::vector<std::string>& names = {}) const {
    folder_.write("a.csv", text);
    return read_box_csv(folder_ / "a.csv", names);
  }
  void expect_refused(const std::string& text, const std::string& part) const {
    EXPECT_THAT([&] { boxes(text); }, ThrowsMessage<FileError>(AllOf(HasSubstr("a.csv"), HasSubstr(part)))) << text;
  }

  TemporaryFolder folder_;
};

TEST_F(Csv, ColumnsAreFoundByName) {
  const DetectionDataset data = boxes(
      "filename,width,height,class,xmin,ymin,xmax,ymax,pose\r\n"
      "a.jpg,100,80,dog,10,20,30,60,left\r\n"
      "\r\n"
      "b.jpg,50,40,,,,,,\r\n"
      "a.jpg,100,80,\"cat, \"\"big\"\"\",1.5,2,3,4.25,\r\n");
  EXPECT_EQ(data.images, (std::vector<DetectionImage>{{1, "a.jpg", 100, 80}, {2, "b.jpg", 50, 40}}));
  EXPECT_EQ(data.categories, (std::vector<DetectionCategory>{{1, "cat, \"big\"", ""}, {2, "dog", ""}}));
  ASSERT_EQ(data.annotations.size(), 2U);
  EXPECT_EQ(data.annotations[0].box, (XywhBox{10, 20, 20, 40}));
  EXPECT_EQ(data.annotations[0].category, 1);
  EXPECT_EQ(data.annotations[0].area, 800);
  EXPECT_EQ(data.annotations[1].box, (XywhBox{1.5, 2, 1.5, 2.25}));
}

TEST_F(Csv, SizesAndFlagsAndNames) {
  const DetectionDataset data = boxes(
      "\xEF\xBB\xBFLabel,X,Y,Width,Height,File,Crowd,Difficult,Truncated,Area\n"
      "1,1,2,3,4,a.png,true,0,1,9\n"
      "cell, 5 ,6,7,8,a.png,,1,FALSE,\n",
      {"cell", "nucleus"});
  EXPECT_EQ(data.categories, (std::vector<DetectionCategory>{{0, "cell", ""}, {1, "nucleus", ""}}));
  ASSERT_EQ(data.annotations.size(), 2U);
  EXPECT_EQ(data.annotations[0].category, 1);
  EXPECT_EQ(data.annotations[0].area, 9);
  EXPECT_TRUE(data.annotations[0].is_crowd && data.annotations[0].is_truncated && !data.annotations[0].is_difficult);
  EXPECT_EQ(data.annotations[1].box, (XywhBox{5, 6, 7, 8}));
  EXPECT_EQ(data.annotations[1].area, 56);
  EXPECT_TRUE(!data.annotations[1].is_crowd && !data.annotations[1].is_truncated && data.annotations[1].is_difficult);
}

TEST_F(Csv, DamageIsNamedWithItsLine) {
  const std::string head = "file,label,x,y,width,height\n";
  expect_refused("", "is empty");
  expect_refused("file,label,x,y,width\n", "no column called height or h; it has file, label, x, y, width");
  expect_refused("file,label,file\n", "two columns \"file\"");
  expect_refused("file,label\n", "x1 or xmin");
  expect_refused(head + "a,b,1,2,3\n", "line 2: expected 6 fields, as the first row has names, found 5");
  expect_refused(head + "a,\"b\nc\",1,2,3,4\na,b,1,2,3,nan\n", "line 4: height is \"nan\", expected a finite number");
  expect_refused(head + "a,b,1,2,3,1e999\n", "\"1e999\"");
  expect_refused(head + "a,\"b,1,2,3,4\n", "line 2: a quote is never closed");
  expect_refused(head + "a,\"b\"c,1,2,3,4\n", "line 2: expected a comma");
  expect_refused(head + "a,b\"c,1,2,3,4\n", "a quote in the middle");
  expect_refused(head + ",b,1,2,3,4\n", "line 2: the name of the image is missing");
  expect_refused(head + "a,,1,2,3,4\n", "line 2: the class is missing");
  expect_refused("file,label,x,y,w,h,crowd\na,b,1,2,3,4,yes\n", "crowd is \"yes\", expected 0 or 1");
  expect_refused("file,label,x1,y1,x2,y2,width,height\na,b,1,2,3,4,5,6\na,b,1,2,3,4,5,7\n",
                 "line 3: a was 5x6 pixels before and is 5x7 here");
  expect_refused("file,label,x1,y1,x2,y2,width,height\na,b,1,2,3,4,1e30,6\n", "a whole number of pixels");
  EXPECT_THAT([&] { boxes(head + "a,dogg,1,2,3,4\n", {"dog"}); }, ThrowsMessage<FileError>(HasSubstr("did you mean \"dog\"")));
}

TEST_F(Csv, AllThatItHoldsReadsBack) {
  DetectionDataset data{.images = {{1, "a, b.jpg", 30, 20}, {2, "none.jpg", 5, 6}}, .categories = {{1, "x \"y\"", ""}, {2, "z", ""}}};
  data.annotations = {{.id = 1, .image = 0, .category = 1, .box = {0.1, 1.0 / 3, 2e-7, 1e9}, .area = 0.7, .is_difficult = true},
                      {.id = 2, .image = 0, .category = 0, .box = {1, 2, 3, 4}, .area = 12, .is_crowd = true, .is_truncated = true}};
  EXPECT_THAT(convert_detections(data, "csv:" + (folder_ / "out.csv").string()), ElementsAre());
  const DetectionDataset read = open_detection_data("csv:" + (folder_ / "out.csv").string());
  EXPECT_EQ(read.annotations, data.annotations);
  EXPECT_EQ(read.images, data.images);
}

TEST_F(Csv, ResultsAreOfTheGroundTruth) {
  const DetectionDataset truth{.images = {{7, "a.jpg", 30, 20}, {9, "b.jpg", 30, 20}}, .categories = {{3, "dog", ""}}};
  folder_.write("r.csv", "file,index,label,score,x1,y1,x2,y2\nb.jpg,0,dog,0.25,1,2,4,6\nsub/a.png,0,cat,0.5,1,2,4,6\n");
  const DetectionResults results = open_detection_results("csv:" + (folder_ / "r.csv").string(), truth);
  EXPECT_THAT(results.results, ElementsAre(DetectionResult{1, 0, {1, 2, 3, 4}, 0.25, {}}));
  EXPECT_THAT(results.notes, ElementsAre(HasSubstr("\"cat\" first")));
  folder_.write("r.csv", "file,label,x1,y1,x2,y2\nb.jpg,dog,1,2,4,6\n");
  EXPECT_THAT([&] { open_detection_results("csv:" + (folder_ / "r.csv").string(), truth); },
              ThrowsMessage<FileError>(HasSubstr("score or confidence")));
  folder_.write("r.csv", "file,label,score,x1,y1,x2,y2\nz.jpg,dog,1,1,2,4,6\n");
  EXPECT_THAT([&] { open_detection_results("csv:" + (folder_ / "r.csv").string(), truth); },
              ThrowsMessage<FileError>(HasSubstr("no image \"z\"")));
}

TEST_F(Csv, ImagesWithClasses) {
  test::write_class(folder_, "p", 4);
  folder_.write("c.csv", "file,label,split\np/1.pgm,cat10,train\np/2.pgm,cat9,train\np/3.pgm,cat9,test\np/4.pgm,cat10,val\n");
  const ClassificationData data = open_classification_data("csv:" + (folder_ / "c.csv").string());
  EXPECT_THAT(data.labels, ElementsAre("cat9", "cat10"));
  ASSERT_EQ(data.train->size(), 2);
  EXPECT_EQ(data.train->label(0), 1);
  EXPECT_EQ(data.train->id(0), "p/1.pgm");
  EXPECT_EQ(data.test->get(0).image.at<cv::Vec3b>(0, 0)[0], 3);
  EXPECT_EQ(data.val->size(), 1);
  folder_.write("c.csv", "file,label\np/1.pgm,a\np/2.pgm,b\n");
  EXPECT_EQ(open_class_csv(folder_ / "c.csv").whole->size(), 2);
  EXPECT_THAT(open_class_csv(folder_ / "c.csv", {"b", "c", "a"}).whole->label(0), 2);
}

TEST_F(Csv, MistakesInImagesWithClasses) {
  test::write_class(folder_, "p", 2);
  const auto expect = [&](const std::string& text, const std::string& part, const std::vector<std::string>& names = {}) {
    folder_.write("c.csv", text);
    EXPECT_THAT([&] { open_class_csv(folder_ / "c.csv", names); }, ThrowsMessage<FileError>(HasSubstr(part))) << text;
  };
  expect("file,label\np/1.pgm,a\np/9.pgm,b\n", "line 3: there is no image");
  expect("file,label\np/1.pgm,a\np/2.pgm,a\n", "at least two classes, found 1");
  expect("file,label\np/1.pgm,a\np/2.pgm,\n", "line 3: the class is missing");
  expect("file,label,split\np/1.pgm,a,train\np/2.pgm,b,trian\n", "\"trian\", expected train, val or test");
  expect("file,label\np/1.pgm,a\np/2.pgm,dgo\n", "did you mean \"dog\"", {"a", "dog"});
}

}  // namespace
}  // namespace fovea
