#include "fovea/detection/detections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "fovea/base/error.hpp"
#include "fovea/vision/annotation_picture.hpp"

namespace fovea {
namespace {

using ::testing::HasSubstr;

TEST(Detections, GetTheNamesOfTheirClasses) {
  const std::vector<std::string> labels{"cat", "dog"};
  const Detections found = named({{.box = {1, 2, 3, 4}, .score = 0.5f, .index = 1}, {.box = {}, .score = 0.25f, .index = 0}}, labels);
  EXPECT_EQ(found[0].label, "dog");
  EXPECT_EQ(found[1].label, "cat");
  EXPECT_EQ(found[0].box, (Box{1, 2, 3, 4}));
}

TEST(Detections, AClassWithoutANameIsAnError) {
  const std::vector<std::string> labels{"cat", "dog"};
  for (const std::int64_t index : {-1, 2}) try {
      named({{.index = index}}, labels);
      FAIL() << index;
    } catch (const OptionError& error) {
      EXPECT_THAT(error.what(), HasSubstr("class " + std::to_string(index) + " has no label: there are 2"));
    }
}

TEST(Detections, BoxesPrintTheirCorners) {
  std::ostringstream text;
  text << Box{1, 2.5f, 3, 4};
  EXPECT_EQ(text.str(), "1 2.5 3 4");
}

TEST(Detections, AreDrawnInTheColourOfTheirClass) {
  const cv::Mat grey(60, 80, CV_8UC3, cv::Scalar(90, 90, 90));
  const cv::Mat drawn = draw(grey, {{.box = {20, 30, 60, 55}, .score = 0.5f, .index = 3, .label = "x"}});
  const cv::Scalar color = class_color(3);
  EXPECT_EQ(drawn.at<cv::Vec3b>(54, 40),
            cv::Vec3b(cv::saturate_cast<uchar>(color[0]), cv::saturate_cast<uchar>(color[1]), cv::saturate_cast<uchar>(color[2])));
  EXPECT_EQ(drawn.at<cv::Vec3b>(5, 5), cv::Vec3b(90, 90, 90));
  EXPECT_EQ(grey.at<cv::Vec3b>(54, 40), cv::Vec3b(90, 90, 90)) << "the picture itself stays as it is";
}

}  // namespace
}  // namespace fovea
