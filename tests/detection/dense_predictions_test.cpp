#include "fovea/detection/dense_predictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const DenseScale kAnchored{.stride = 8, .anchors = {{10, 12}, {30, 16}}, .classes = 3, .coding = CenterCoding::sigmoid};
const DenseScale kFree{.stride = 16, .anchors = {{16, 16}}, .classes = 2, .coding = CenterCoding::linear};

Tensor random_predictions(const Shape& shape, std::uint64_t seed, double size = 1) {
  std::vector<double> values = test::random_values<double>(shape.numel(), seed);
  for (double& value : values) value *= size;
  return Tensor::from(values, shape);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Boxes by the formulas of the papers, in doubles, from numbers at [n][y][x][a].
struct NaiveBox {
  double x1, y1, x2, y2;
};
NaiveBox naive_box(const double* t, std::int64_t column, std::int64_t row, const AnchorSize& anchor, const DenseScale& scale) {
  const bool in_cell = scale.coding == CenterCoding::sigmoid;
  const double x = (static_cast<double>(column) + (in_cell ? sigmoid(t[0]) : t[0])) * scale.stride;
  const double y = (static_cast<double>(row) + (in_cell ? sigmoid(t[1]) : t[1])) * scale.stride;
  const double w = anchor.width * std::exp(t[2]), h = anchor.height * std::exp(t[3]);
  return {x - w / 2, y - h / 2, x + w / 2, y + h / 2};
}

TEST(DensePredictions, RowsHaveTheirPlaces) {
  const Shape shape{2, 3, 5, kAnchored.channels()};
  std::int64_t row = 0;
  for (std::int64_t image = 0; image < 2; ++image)
    for (std::int64_t y = 0; y < 3; ++y)
      for (std::int64_t x = 0; x < 5; ++x)
        for (std::int64_t anchor = 0; anchor < 2; ++anchor, ++row) {
          const DensePlace place = place_of_row(row, shape, kAnchored);
          EXPECT_EQ(place.image, image);
          EXPECT_EQ(place.cell.column, x);
          EXPECT_EQ(place.cell.row, y);
          EXPECT_EQ(place.anchor, anchor);
          EXPECT_EQ(row_of(place, shape, kAnchored), row);
        }
}

TEST(DensePredictions, DecodeIsTheDefinition) {
  for (const DenseScale& scale : {kAnchored, kFree}) {
    const Shape shape{2, 3, 4, scale.channels()};
    const Tensor wide = random_predictions(shape, 1, 2);
    const std::vector<Detections> found = decode_dense(wide.to(DType::f32), scale, 0.1);
    ASSERT_EQ(found.size(), 2u);
    const double* t = wide.data<double>();
    std::size_t next[2] = {0, 0};
    for (std::int64_t row = 0; row < wide.numel() / scale.numbers(); ++row, t += scale.numbers()) {
      const std::int64_t anchor = row % std::ssize(scale.anchors), cell = row / std::ssize(scale.anchors);
      const auto image = static_cast<std::size_t>(cell / 12);
      const NaiveBox box = naive_box(t, cell % 4, cell / 4 % 3, scale.anchors[static_cast<std::size_t>(anchor)], scale);
      for (std::int64_t label = 0; label < scale.classes; ++label) {
        const double score = sigmoid(t[4]) * sigmoid(t[5 + label]);
        if (score < 0.1) continue;
        ASSERT_LT(next[image], found[image].size());
        const Detection& d = found[image][next[image]++];
        EXPECT_EQ(d.index, label);
        EXPECT_NEAR(d.score, score, 1e-6);
        EXPECT_NEAR(d.box.x1, box.x1, 1e-3);
        EXPECT_NEAR(d.box.y1, box.y1, 1e-3);
        EXPECT_NEAR(d.box.x2, box.x2, 1e-3);
        EXPECT_NEAR(d.box.y2, box.y2, 1e-3);
      }
    }
    EXPECT_EQ(found[0].size(), next[0]);
    EXPECT_EQ(found[1].size(), next[1]);
    EXPECT_GT(next[0], 0u);
  }
}

/// Three objects in two feature maps, and an ignored row.
struct Example {
  std::vector<DenseScale> scales{kAnchored, kFree};
  std::vector<Shape> shapes;
  std::vector<DenseTargets> targets;

  explicit Example(std::int64_t images) : shapes{{images, 2, 3, kAnchored.channels()}, {images, 1, 2, kFree.channels()}} {
    targets = {{.positives = {{3, {2, 1, 15, 14}, 2}, {10, {5, 4, 30, 22}, 0}}, .ignored = {1, 5, 10}},
               {.positives = {{1, {10, -2, 34, 17}, 1}}, .ignored = {}}};
  }
};

double cross_entropy(double logit, double target) {
  return -target * std::log(sigmoid(logit)) - (1 - target) * std::log(1 - sigmoid(logit));
}

TEST(DensePredictions, LossIsTheDefinition) {
  const Example e(1);
  std::vector<Variable> predictions;
  for (std::size_t i = 0; i < 2; ++i) predictions.emplace_back(random_predictions(e.shapes[i], i + 1));
  double box = 0, object = 0, classes = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const DenseScale& scale = e.scales[i];
    const double* const values = predictions[i].value().data<double>();
    for (std::int64_t row = 0; row < predictions[i].value().numel() / scale.numbers(); ++row) {
      const double* const t = values + row * scale.numbers();
      const DensePositive* positive = nullptr;
      for (const DensePositive& p : e.targets[i].positives)
        if (p.row == row) positive = &p;
      const bool ignored = std::count(e.targets[i].ignored.begin(), e.targets[i].ignored.end(), row) > 0;
      if (positive != nullptr || !ignored) object += cross_entropy(t[4], positive != nullptr ? 1 : 0);
      if (positive == nullptr) continue;
      const std::int64_t cell = row / std::ssize(scale.anchors);
      const NaiveBox b = naive_box(t, cell % e.shapes[i].at(2), cell / e.shapes[i].at(2),
                                   scale.anchors[static_cast<std::size_t>(row % std::ssize(scale.anchors))], scale);
      box += 1 - ciou(Box{static_cast<float>(b.x1), static_cast<float>(b.y1), static_cast<float>(b.x2), static_cast<float>(b.y2)},
                      positive->box);
      for (std::int64_t label = 0; label < scale.classes; ++label) classes += cross_entropy(t[5 + label], label == positive->label ? 1 : 0);
    }
  }
  const LossMap terms = dense_loss(predictions, e.scales, e.targets, {.box_weight = 2, .object_weight = 3, .class_weight = 0.5});
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_EQ(terms[0].first, "box");
  EXPECT_NEAR(terms[0].second.item(), 2 * box / 3, 1e-6) << "three positives";
  EXPECT_EQ(terms[1].first, "object");
  EXPECT_NEAR(terms[1].second.item(), 3 * object / 3, 1e-12);
  EXPECT_EQ(terms[2].first, "class");
  EXPECT_NEAR(terms[2].second.item(), 0.5 * classes / 3, 1e-12);
}

TEST(DensePredictions, GradientsOfEveryTerm) {
  for (const std::int64_t images : {1, 2, 3})
    for (const BoxOverlap overlap : {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou})
      for (std::size_t term = 0; term < 3; ++term) {
        const Example e(images);
        const auto f = [&](const std::vector<Variable>& in) {
          return dense_loss(in, e.scales, e.targets, {.overlap = overlap})[term].second;
        };
        const auto inputs = std::vector{random_predictions(e.shapes[0], 1), random_predictions(e.shapes[1], 2)};
        EXPECT_TRUE(test::gradients_match(f, inputs)) << "term " << term;
      }
}

TEST(DensePredictions, WithoutObjectsOnlyObjectnessIsLeft) {
  const Example e(1);
  const std::vector<DenseTargets> nothing(2);
  const auto f = [&](const std::vector<Variable>& in) { return total_loss(dense_loss(in, e.scales, nothing)); };
  const auto inputs = std::vector{random_predictions(e.shapes[0], 1), random_predictions(e.shapes[1], 2)};
  EXPECT_TRUE(test::gradients_match(f, inputs));
  const LossMap terms = dense_loss(std::vector{Variable(inputs[0]), Variable(inputs[1])}, e.scales, nothing);
  EXPECT_EQ(terms[0].second.item(), 0);
  EXPECT_EQ(terms[2].second.item(), 0);
  EXPECT_GT(terms[1].second.item(), 0);
}

TEST(DensePredictions, SayWhatIsWrong) {
  const Example e(1);
  EXPECT_THAT(
      [&] {
        decode_dense(Tensor::zeros({1, 2, 2, 7}), kAnchored, 0.5);
      },
      ThrowsMessage<ShapeError>(HasSubstr("expected predictions [N,H,W,16] (2 anchors of 5 numbers and 3 classes), found [1,2,2,7]")));
  EXPECT_THAT([&] { dense_loss({}, e.scales, e.targets); }, ThrowsMessage<ShapeError>(HasSubstr("of 2 feature maps, found 0 and 2")));
  EXPECT_THAT(
      [&] {
        decode_scales(std::vector{Tensor::zeros({1, 1, 1, 16}), Tensor::zeros({2, 1, 1, 7})}, e.scales, 0.5);
      },
      ThrowsMessage<ShapeError>(HasSubstr("the feature maps are of 1 and of 2 images")));
}

}  // namespace
}  // namespace fovea
