// Figures that others have published for VOC's protocol: those of the README of ../shared/data.
#include <gtest/gtest.h>

#include "fovea/data/detection_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

constexpr VocInterpolation k11 = VocInterpolation::eleven_point, kAll = VocInterpolation::all_point;

double mean_ap(const std::string& truth, const std::string& results, const VocOptions& options,
               const std::vector<std::string>& names = {}) {
  const auto at = [](const std::string& source) {
    const std::size_t colon = source.find(':');
    return source.substr(0, colon + 1) + test::shared_path("data/" + source.substr(colon + 1)).string();
  };
  const DetectionDataset dataset = open_detection_data(at(truth));
  return evaluate_voc(dataset, open_detection_results(at(results), dataset, {.names = names}), options).mean_AP;
}

TEST(PublishedVoc, Person7) {
  FOVEA_NEEDS_SHARED("data/map_examples/person7");
  constexpr double kDigits = 1e-10;  // ten decimals are published, cut and not rounded
  const auto ap = [](double iou, VocInterpolation interpolation, ElevenLevels levels = ElevenLevels::multiples) {
    return mean_ap("boxtxt-xywh:map_examples/person7/groundtruths", "boxtxt-xywh:map_examples/person7/detections",
                   {.interpolation = interpolation, .levels = levels, .iou_threshold = iou});
  };
  EXPECT_NEAR(ap(0.1, kAll), 0.3371980676, kDigits);
  EXPECT_NEAR(ap(0.3, kAll), 0.2456866804, kDigits);
  EXPECT_NEAR(ap(0.5, kAll), 0.0222222222, kDigits);
  EXPECT_EQ(ap(0.75, kAll), 0);
  EXPECT_NEAR(ap(0.1, k11), 0.3333333333, kDigits) << "a recall of exactly 0.6 is less than 6 * 0.1";
  EXPECT_NEAR(ap(0.1, k11, ElevenLevels::decimals), 0.3689064559, kDigits);
  EXPECT_NEAR(ap(0.3, k11), 0.2683982683, kDigits);
  EXPECT_NEAR(ap(0.5, k11), 0.0303030303, kDigits);
  EXPECT_EQ(ap(0.75, k11), 0);
}

TEST(PublishedVoc, Cats) {
  FOVEA_NEEDS_SHARED("data/map_examples/cats");
  constexpr double kDigits = 5e-5;  // of a fraction; percent with two decimals are published
  const auto ap = [](double iou, VocInterpolation interpolation) {
    return mean_ap("voc:map_examples/cats", "boxtxt-xywh:map_examples/cats/detections_xywh",
                   {.interpolation = interpolation, .iou_threshold = iou, .count_difficult = true});
  };
  EXPECT_NEAR(ap(0.5, kAll), 0.8958, kDigits);
  EXPECT_NEAR(ap(0.5, k11), 0.8864, kDigits);
  EXPECT_NEAR(ap(0.75, kAll), 0.5097, kDigits);
  EXPECT_NEAR(ap(0.75, k11), 0.4924, kDigits);
}

TEST(PublishedVoc, Indoor85) {
  FOVEA_NEEDS_SHARED("data/map_examples/indoor85");
  EXPECT_NEAR(mean_ap("boxtxt-xyxy:map_examples/indoor85/ground-truth", "boxtxt-xyxy:map_examples/indoor85/detection-results", {}),
              0.310477, 5e-7);
}

TEST(PublishedVoc, Voc100) {
  FOVEA_NEEDS_SHARED("data/voc100");
  constexpr double kDigits = 5e-7;
  const std::vector<std::string> names = read_label_names(test::shared_path("data/voc100/voc.names"));
  const auto xml = [&](VocOptions options) {
    options.count_difficult = true;
    return mean_ap("voc:voc100", "boxtxt-xyxy:voc100/detections_xyxy", options, names);
  };
  const auto json = [&](const VocOptions& options) {
    return mean_ap("coco:voc100/instances_coco.json", "coco:voc100/detections_coco.json", options);
  };
  EXPECT_NEAR(xml({.iou_threshold = 0.5}), 0.610913, kDigits);
  EXPECT_NEAR(xml({.interpolation = k11, .levels = ElevenLevels::decimals, .iou_threshold = 0.5}), 0.604126, kDigits);
  EXPECT_NEAR(xml({.iou_threshold = 0.75}), 0.354801, kDigits) << "inclusive pixels";
  EXPECT_NEAR(json({.iou_threshold = 0.75}), 0.351921, kDigits) << "COCO's files are continuous";
  EXPECT_NEAR(json({.iou_threshold = 0.5}), 0.610913, kDigits);
  EXPECT_NE(mean_ap("voc:voc100", "boxtxt-xyxy:voc100/detections_xyxy", {}, names), xml({})) << "difficult objects are ignored by default";
}

}  // namespace
}  // namespace fovea
