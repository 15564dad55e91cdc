// YOLOv2's head: its loss as the definition has it, its gradients, and its numbers as the decoder of Darknet's networks reads them.
#include "fovea/detection/region_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<FeatureMapShape> kMaps{{"grid", 16, 4}};
const std::vector<AnchorSize> kAnchors{{12, 10}, {30, 28}};
constexpr std::int64_t kNumbers = 5 + 3;

RegionHead head_with(RegionHeadOptions options = {}) {
  options.classes = 3;
  options.anchors = kAnchors;
  return {kMaps, options};
}

/// For images of 64 x 48.
Tensor random_predictions(std::int64_t images, std::uint64_t seed) {
  const Shape shape{images, 3, 4, 2 * kNumbers};
  return Tensor::from(test::random_values<double>(shape.numel(), seed), shape);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(RegionHead, AnObjectGoesToTheAnchorOfItsShapeInItsCell) {
  const RegionTargets assigned = head_with().assign(
      random_predictions(1, 1), std::vector<DetectionTargets>{{{{20, 20, 30, 30}, {18, 2, 50, 30}, {60, 40, 70, 44}}, {2, 1, 0}}});
  ASSERT_EQ(assigned.rows.positives.size(), 2u) << "the third one's centre is outside";
  // Centres (25, 25): column 1, row 1; (34, 16): column 2, row 1.
  EXPECT_EQ(assigned.rows.positives[0].row, (1 * 4 + 1) * 2 + 0);
  EXPECT_EQ(assigned.rows.positives[0].label, 2);
  EXPECT_EQ(assigned.rows.positives[1].row, (1 * 4 + 2) * 2 + 1);
  EXPECT_EQ(assigned.overlaps.size(), 2u);
}

TEST(RegionHead, LossIsTheDefinition) {
  const RegionHead head = head_with({.box_weight = 2, .object_weight = 5, .no_object_weight = 0.5, .class_weight = 3});
  const Tensor predictions = random_predictions(2, 3);
  const std::vector<DetectionTargets> targets{{{{20, 20, 30, 30}, {18, 2, 50, 30}}, {2, 1}}, {{{1, 1, 47, 40}}, {0}}};
  RegionTargets assigned = head.assign(predictions, targets);
  assigned.rows.ignored.push_back(0);
  std::map<std::string, double> expected;
  const double* const values = predictions.data<double>();
  for (std::int64_t row = 0; row < predictions.numel() / kNumbers; ++row) {
    const double* const t = values + row * kNumbers;
    const std::int64_t column = row / 2 % 4, line = row / 8 % 3;
    const AnchorSize& anchor = kAnchors[static_cast<std::size_t>(row % 2)];
    const DensePositive* positive = nullptr;
    for (const DensePositive& p : assigned.rows.positives)
      if (p.row == row) positive = &p;
    const auto& ignored = assigned.rows.ignored;
    if (positive == nullptr) {
      if (std::count(ignored.begin(), ignored.end(), row) == 0) expected["no_object"] += std::pow(sigmoid(t[4]), 2) / 2;
      continue;
    }
    const Box& b = positive->box;
    const double x = (static_cast<double>(column) + sigmoid(t[0])) * 16, y = (static_cast<double>(line) + sigmoid(t[1])) * 16;
    const double w = anchor.width * std::exp(t[2]), h = anchor.height * std::exp(t[3]);
    const Box now{static_cast<float>(x - w / 2), static_cast<float>(y - h / 2), static_cast<float>(x + w / 2),
                  static_cast<float>(y + h / 2)};
    expected["object"] += std::pow(sigmoid(t[4]) - iou(now, b), 2) / 2;
    const double squares = std::pow((x - (b.x1 + b.x2) / 2) / 16, 2) + std::pow((y - (b.y1 + b.y2) / 2) / 16, 2) +
                           std::pow(std::log(w / b.width()), 2) + std::pow(std::log(h / b.height()), 2);
    expected["box"] += (2 - b.area() / (64 * 48)) * squares / 2;
    expected["class"] += std::log(std::exp(t[5]) + std::exp(t[6]) + std::exp(t[7])) - t[5 + positive->label];
  }
  const std::map<std::string, double> weights{{"box", 2}, {"object", 5}, {"no_object", 0.5}, {"class", 3}};
  for (const auto& [name, value] : head.loss(Variable(predictions), assigned))
    EXPECT_NEAR(value.item(), weights.at(name) * expected.at(name) / 2, 1e-5) << name << ", averaged over two images";
}

TEST(RegionHead, RowsThatPredictAnObjectAlreadyAreIgnored) {
  const RegionHead head = head_with();
  Tensor predictions = Tensor::zeros({1, 3, 4, 2 * kNumbers});
  // All rows predict their anchor in the middle of their cell: that of column 1, row 1 is (9, 10, 39, 38).
  const std::vector<DetectionTargets> targets{{{{9, 10, 39, 38}}, {0}}};
  EXPECT_THAT(head.assign(predictions, targets).rows.ignored, ElementsAre((1 * 4 + 1) * 2 + 1));
  predictions.mutable_data<float>()[((1 * 4 + 0) * 2 + 1) * kNumbers] = 20;  // the neighbour on the left moves to x = 16
  EXPECT_THAT(head.assign(predictions, targets).rows.ignored, ElementsAre((1 * 4 + 1) * 2 + 1));
  predictions.mutable_data<float>()[((1 * 4 + 2) * 2 + 1) * kNumbers] = -20;  // that on the right to x = 32: IoU 22 / 38
  EXPECT_THAT(head_with({.ignore_above = 0.5}).assign(predictions, targets).rows.ignored,
              ElementsAre((1 * 4 + 0) * 2 + 1, (1 * 4 + 1) * 2 + 1, (1 * 4 + 2) * 2 + 1));
}

TEST(RegionHead, GradientsOfEveryTerm) {
  const RegionHead head = head_with();
  const std::vector<DetectionTargets> targets{{{{20, 20, 30, 30}, {18, 2, 50, 30}}, {2, 1}}, {{{1, 1, 47, 40}}, {0}}, {}};
  for (const std::size_t images : {1, 3}) {
    const Tensor predictions = random_predictions(static_cast<std::int64_t>(images), images);
    const RegionTargets assigned = head.assign(predictions, std::span(targets).first(images));
    for (std::size_t term = 0; term < 4; ++term)
      EXPECT_TRUE(
          test::gradients_match([&](const std::vector<Variable>& in) { return head.loss(in[0], assigned)[term].second; }, {predictions}))
          << term;
  }
}

TEST(RegionHead, DecodesWhatItSays) {
  const RegionHead head = head_with();
  const Tensor wide = random_predictions(2, 5), predictions = wide.to(DType::f32);
  const std::vector<Detections> found = head.decode(std::vector{predictions}, 0);
  ASSERT_EQ(found.size(), 2u);
  const DenseScale& scale = head.scale();
  for (std::int64_t row = 0; row < 48; ++row) {
    const double* const t = wide.data<double>() + row * kNumbers;
    const DensePlace place = place_of_row(row, wide.shape(), scale);
    const Box box = decode_dense_box(predictions.data<float>() + row * kNumbers, place.cell,
                                     scale.anchors[static_cast<std::size_t>(place.anchor)], scale.coding);
    const double total = std::exp(t[5]) + std::exp(t[6]) + std::exp(t[7]);
    for (std::int64_t label = 0; label < 3; ++label) {
      const Detection& d = found[static_cast<std::size_t>(place.image)][static_cast<std::size_t>(row % 24 * 3 + label)];
      EXPECT_EQ(d.index, label);
      EXPECT_NEAR(d.score, sigmoid(t[4]) * std::exp(t[5 + label]) / total, 1e-6);
      EXPECT_NEAR(d.box.x1, box.x1, 1e-3);
      EXPECT_NEAR(d.box.y2, box.y2, 1e-3);
    }
  }
}

TEST(RegionHead, SaysWhatIsWrong) {
  EXPECT_THAT([] { RegionHead(kMaps, {}); }, ThrowsMessage<OptionError>(HasSubstr("1 class and 1 anchor, found 1 and 0")));
  EXPECT_THAT([] { RegionHead({}, {.anchors = kAnchors}); }, ThrowsMessage<OptionError>(HasSubstr("no feature maps")));
  EXPECT_THAT([] { head_with({.layers = 2}); }, ThrowsMessage<OptionError>(HasSubstr("2 layers cannot have 0 channels")));
  EXPECT_THAT(
      [] {
        head_with().assign(random_predictions(1, 1), std::vector<DetectionTargets>{{{{1, 1, 9, 9}}, {7}}});
      },
      ThrowsMessage<OptionError>(HasSubstr("a label is 0 to 2, found 7")));
}

}  // namespace
}  // namespace fovea
