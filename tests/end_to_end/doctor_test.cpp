// fovea doctor, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/page_checks.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::AllOf;
using testing::HasSubstr;

class DoctorCommand : public testing::Test {
 protected:
  DoctorCommand() {
    cv::Mat picture(60, 80, CV_8UC3, cv::Scalar(200, 120, 40));
    picture(cv::Rect(20, 20, 30, 20)).setTo(cv::Scalar(0, 0, 255));
    save_image(folder_ / "set/o<n>e & \"1\".png", picture);
    write("");
  }
  void write(const std::string& annotations) const {
    folder_.write("set/instances.json", R"({"images": [{"id": 1, "file_name": "o<n>e & \"1\".png", "width": 80, "height": 60}],
      "categories": [{"id": 1, "name": "<cell>"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 20, 30, 20]})" +
                                            annotations + "]}");
  }
  void plant_faults() const {
    write(
        R"(, {"id": 2, "image_id": 1, "category_id": 1, "bbox": [60, 20, 30, 20]}, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [5, 5, 0, 9]},
             {"id": 4, "image_id": 1, "category_id": 1, "bbox": [5, 5, 9, 2]})");
  }
  CommandResult doctor(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"doctor", "--data", "coco:set/instances.json"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }

  test::TemporaryFolder folder_;
};

TEST_F(DoctorCommand, HealthyDataEndsWithZero) {
  const CommandResult result = doctor();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "all: 1 image, 1 object\n0 errors, 0 warnings\n");
}

TEST_F(DoctorCommand, WarningsAloneEndWithZero) {
  write(R"(, {"id": 4, "image_id": 1, "category_id": 1, "bbox": [5, 5, 9, 2]})");
  const CommandResult result = doctor();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 tiny-object: "));
}

TEST_F(DoctorCommand, FaultsAreListedAsTextJsonAndPage) {
  plant_faults();
  const CommandResult result = doctor({"--json", "report.json", "--html", "report.html"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 errors, 1 warning\n"), HasSubstr("1 empty-box: a box without width or height (error)\n"),
                                HasSubstr("object 2 (<cell>): expected a box inside 80x60 pixels")));
  const Json json = read_json_file(folder_ / "report.json");
  EXPECT_EQ(json.at("errors"), 2);
  EXPECT_EQ(json.at("counts"), Json({{"empty-box", 1}, {"box-outside", 1}, {"tiny-object", 1}}));
  EXPECT_EQ(json.at("findings")[0].at("annotation"), 3);
  EXPECT_EQ(json.at("findings")[0].at("file"), "o<n>e & \"1\".png");
  const std::string page = read_text_file(folder_ / "report.html");
  test::expect_stands_alone(page);
  EXPECT_THAT(page,
              AllOf(HasSubstr("o&lt;n&gt;e &amp; &quot;1&quot;.png"), HasSubstr("&lt;cell&gt;"), HasSubstr("data:image/jpeg;base64,")));
  EXPECT_EQ(test::attribute_values(page, "src").size(), 3u) << "a picture of each finding";
  EXPECT_EQ(doctor({"--json", "-"}).out, to_text(json));
  EXPECT_EQ(doctor({"--threads", "1"}).out, doctor({"--threads", "2"}).out);
}

TEST_F(DoctorCommand, TheRepairedCopyPasses) {
  plant_faults();
  const CommandResult result = doctor({"--fix", "fixed"});
  EXPECT_EQ(result.code, 1) << "faults were found";
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 changes in the copy fixed\n"), HasSubstr("object 3 (<cell>) left out: its box is empty")));
  const CommandResult again = fovea_command({"doctor", "--data", "coco:fixed/instances.json"}, folder_.path());
  EXPECT_EQ(again.code, 0) << again.out;
  EXPECT_THAT(doctor({"--fix", "fixed"}).err, HasSubstr("not an empty folder"));
}

TEST_F(DoctorCommand, UnusableDataIsNamed) {
  EXPECT_EQ(fovea_command({"doctor", "--data", "coco:none.json"}, folder_.path()).code, 2);
  EXPECT_THAT(fovea_command({"doctor", "--data", "coca:none.json"}, folder_.path()).err, HasSubstr("did you mean \"coco\""));
  EXPECT_EQ(doctor({"--near-bits", "32"}).code, 2);
  EXPECT_THAT(doctor({"--imbalance", "0.5"}).err, HasSubstr("expected a quotient of classes from 1 on"));
}

}  // namespace
}  // namespace fovea
