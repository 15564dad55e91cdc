// fovea evaluate-detections, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <set>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "support/page_checks.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::AllOf;
using testing::HasSubstr;

class EvaluateDetections : public testing::Test {
 protected:
  static CommandResult evaluate(const std::string& truth, const std::string& results, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"evaluate-detections", "--gt", truth, "--dt", results};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words);
  }
  static CommandResult edges(const std::vector<std::string>& more = {}) {
    return evaluate("coco:" COCO_GOLDENS "/edges/ground_truth.json", COCO_GOLDENS "/edges/detections.json", more);
  }
  static Json metrics(const CommandResult& result) {
    EXPECT_EQ(result.code, 0) << result.err;
    return result.code == 0 ? Json::parse(result.out) : Json();
  }
};

TEST_F(EvaluateDetections, JsonHoldsTheBitsOfTheReference) {
  const Json expected = read_json_file(COCO_GOLDENS "/edges/expected.json").at("results")[0].at("stats");
  const Json found = metrics(edges({"--json", "-"}));
  const std::vector<std::string> keys = {"AP",  "AP50", "AP75",  "AP_small", "AP_medium", "AP_large",
                                         "AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large"};
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found.at(keys[i]).get<double>()), std::bit_cast<std::uint64_t>(expected[i].get<double>()))
        << keys[i];
  EXPECT_EQ(found.at("protocol"), "COCO bbox, AP@[.50:.95], 101-point");
  EXPECT_EQ(found.at("count"), 5);
  EXPECT_EQ(found.at("split"), "all");
  EXPECT_TRUE(found.contains("model") && found.contains("fovea_version"));
  EXPECT_EQ(found.at("per_class").at("c90"), Json({{"AP", -1.0}, {"AP50", -1.0}, {"objects", 0}}));
}

TEST_F(EvaluateDetections, EveryNumberOfTheTableNamesItsProtocol) {
  const CommandResult result = edges();
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("AP@[.50:.95] (COCO, 101-point)     all         100  0.6047619047619048"),
                                HasSubstr("AP@.50 (COCO, 101-point)"), HasSubstr("AR@[.50:.95] (COCO)"), HasSubstr("class")));
  EXPECT_THAT(result.err, HasSubstr("split all: 5 images, 9 objects, 4 classes; 13 detections"));
  EXPECT_EQ(edges({"--quiet"}).err, "");
  EXPECT_THAT(edges({"--protocol", "voc07"}).out, HasSubstr("mean AP (VOC 2007, AP@.50, 11-point)"));
}

TEST_F(EvaluateDetections, FlagsChangeTheProtocolAndItsName) {
  const Json limits = metrics(edges({"--max-dets", "1,2,3", "--json", "-"}));
  EXPECT_EQ(limits.at("AR2"), 0.6333333333333333);
  EXPECT_EQ(limits.at("AP"), -1.0) << "the reference's AP is for 100 detections";
  EXPECT_THAT(limits.at("protocol"), HasSubstr("at most 3 detections"));
  const Json one = metrics(edges({"--iou-threshold", "0.75", "--json", "-"}));
  EXPECT_EQ(one.at("AP"), one.at("AP75"));
  EXPECT_EQ(one.at("AP50"), -1.0);
  EXPECT_THAT(one.at("protocol"), HasSubstr("AP@.75"));
  EXPECT_THAT(metrics(edges({"--no-classes", "--json", "-"})).at("per_class"), testing::SizeIs(1));
  EXPECT_EQ(metrics(edges({"--protocol", "voc12", "--json", "-"})).at("AP50"),
            metrics(edges({"--protocol", "voc12", "--json", "-"})).at("AP"));
}

TEST_F(EvaluateDetections, MoreIsAddedWhenAskedFor) {
  const std::vector<std::string> more = {"--explain",    "voc07,coco",
                                         "--ties",       "--errors",
                                         "--confidence", "0.5",
                                         "--bootstrap",  "20",
                                         "--compare",    COCO_GOLDENS "/more_than_100/detections.json",
                                         "--json",       "-"};
  const Json found = metrics(edges(more));
  EXPECT_EQ(found.at("explain").front().at("rule"), "voc07");
  EXPECT_EQ(found.at("explain").back().at("AP"), found.at("AP"));
  EXPECT_EQ(found.at("ties").at("AP"), found.at("AP"));
  EXPECT_LE(found.at("ties").at("AP_lowest"), found.at("AP"));
  EXPECT_GE(found.at("ties").at("AP_highest"), found.at("AP"));
  EXPECT_EQ(found.at("errors").at("AP"), found.at("AP50"));
  EXPECT_TRUE(found.at("errors").contains("missed"));
  EXPECT_EQ(found.at("operating_point").at("labels").back(), "background");
  EXPECT_EQ(found.at("operating_point").at("confusion").size(), 5u);
  EXPECT_EQ(found.at("bootstrap").at("draws"), 20);
  EXPECT_EQ(found.at("compare").at("difference").at("value"),
            found.at("compare").at("other_AP").get<double>() - found.at("AP").get<double>());
  EXPECT_THAT(edges({"--ties", "--errors"}).out, AllOf(HasSubstr("equal scores: "), HasSubstr("localisation")));
}

TEST_F(EvaluateDetections, ThePageStandsAloneWithOrWithoutPictures) {
  const test::TemporaryFolder folder;
  const std::string page = (folder / "report.html").string();
  ASSERT_EQ(edges({"--report", page, "--confidence", "0.3", "--bootstrap", "20"}).code, 0);
  const std::string without = read_text_file(page);
  test::expect_stands_alone(without);
  EXPECT_THAT(without,
              AllOf(HasSubstr("COCO bbox, AP@[.50:.95], 101-point"), HasSubstr("Precision over recall"),
                    HasSubstr("Confusion at confidence 0.3"), HasSubstr("localisation"), HasSubstr("bootstrap"), HasSubstr("no picture")));
  EXPECT_THAT(without, testing::Not(HasSubstr("data:image/jpeg")));
  FOVEA_NEEDS_SHARED("data/voc100");
  const std::string data = test::shared_path("data/voc100").string();
  ASSERT_EQ(evaluate("voc:" + data, "coco:" + data + "/detections_coco.json", {"--report", page, "--protocol", "voc12"}).code, 0);
  const std::string with = read_text_file(page);
  test::expect_stands_alone(with);
  EXPECT_THAT(with, AllOf(HasSubstr("VOC 2012, AP@.50, all-point"), HasSubstr("data:image/jpeg"), testing::Not(HasSubstr("no picture"))));
  const std::vector<std::string> ids = test::attribute_values(with, "id");
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(EvaluateDetections, ThreadsDoNotChangeAByte) {
  const std::string expected = edges({"--json", "-", "--threads", "1"}).out;
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(edges({"--json", "-", "--threads", "2"}).out, expected);
}

TEST_F(EvaluateDetections, WhatDoesNotFitIsRefused) {
  const auto refused = [&](const CommandResult& result, const std::string& part) {
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(part));
  };
  refused(edges({"--protocol", "voc"}), "--protocol");
  refused(edges({"--protocol", "voc12", "--iou-type", "segm"}), "--iou-type segm does not apply to --protocol voc12");
  refused(edges({"--count-difficult"}), "--count-difficult does not apply to --protocol coco");
  refused(edges({"--max-dets", "1,2"}), "--max-dets");
  refused(edges({"--explain", "voc07"}), "--explain");
  refused(edges({"--explain", "voc07,cocoa"}), "did you mean \"coco\"");
  refused(edges({"--iou-threshold", "1.5"}), "--iou-threshold");
  refused(evaluate("coco:none.json", "x.json"), "none.json: ");
  refused(evaluate("coca:none.json", "x.json"), "did you mean \"coco\"");
  refused(evaluate("coco:" COCO_GOLDENS "/edges/ground_truth.json", COCO_GOLDENS "/edges/ground_truth.json"), "\"score\" is missing");
}

TEST_F(EvaluateDetections, PublishedFiguresOfAnyFormat) {
  FOVEA_NEEDS_SHARED("data/voc100");
  const std::string data = test::shared_path("data").string();
  const auto ap = [&](const std::string& truth, const std::string& results, std::vector<std::string> more) {
    more.insert(more.end(), {"--json", "-"});
    return metrics(evaluate(truth, results, more)).at("AP").get<double>();
  };
  const std::string voc = "voc:" + data + "/voc100", text = "boxtxt-xyxy:" + data + "/voc100/detections_xyxy",
                    names = data + "/voc100/voc.names";
  EXPECT_NEAR(ap(voc, text, {"--names", names, "--protocol", "voc12", "--count-difficult"}), 0.610913, 5e-7);
  EXPECT_NEAR(ap(voc, text, {"--names", names, "--protocol", "voc07", "--count-difficult", "--eleven-levels", "decimals"}), 0.604126, 5e-7);
  EXPECT_NEAR(ap(voc, text, {"--names", names, "--protocol", "voc12", "--count-difficult", "--iou-threshold", "0.75"}), 0.354801, 5e-7);
  const std::string truth = "coco:" + data + "/voc100/instances_coco.json", coco = "coco:" + data + "/voc100/detections_coco.json";
  EXPECT_NEAR(ap(truth, coco, {"--protocol", "voc12", "--iou-threshold", "0.75"}), 0.351921, 5e-7);
  EXPECT_NEAR(ap(truth, coco, {"--protocol", "voc12", "--iou-threshold", "0.75", "--pixels", "inclusive"}), 0.354801, 5e-7);
  const std::string person = data + "/map_examples/person7/";
  EXPECT_NEAR(ap("boxtxt-xywh:" + person + "groundtruths", "boxtxt-xywh:" + person + "detections",
                 {"--protocol", "voc12", "--iou-threshold", "0.3"}),
              0.2456866804, 1e-10);
}

}  // namespace
}  // namespace fovea
