// Which predictions of a head are to find which objects, what its loss is, and what its numbers mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/detection/anchor_head.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/center_head.hpp"
#include "fovea/detection/grid_head.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

const std::vector<FeatureMapShape> kMaps{{"fine", 8, 4}, {"coarse", 16, 6}};

/// Objects in images of 64 x 48, some of whose centres lie outside.
std::vector<DetectionTargets> random_targets(std::int64_t images, std::int64_t classes, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<DetectionTargets> targets(static_cast<std::size_t>(images));
  for (DetectionTargets& target : targets)
    for (std::uint64_t i = stream.below(9); i > 0; --i) {
      const auto x = static_cast<float>(stream.uniform(-10, 60)), y = static_cast<float>(stream.uniform(-10, 44));
      target.boxes.push_back({x, y, x + static_cast<float>(stream.uniform(0, 60)), y + static_cast<float>(stream.uniform(2, 50))});
      target.labels.push_back(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(classes))));
    }
  return targets;
}

/// (row, label) of positives, by row.
std::vector<std::pair<std::int64_t, std::int64_t>> rows_of(const DenseTargets& targets) {
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;
  for (const DensePositive& p : targets.positives) rows.emplace_back(p.row, p.label);
  return rows;
}

AnchorHeadOptions anchor_options() { return {.classes = 3, .anchors = {{{8, 8}, {12, 20}}, {{40, 30}}}}; }

std::vector<Tensor> zeros_for(const std::vector<DenseScale>& scales, std::int64_t images, double object_logit) {
  std::vector<Tensor> predictions;
  for (const DenseScale& scale : scales) {
    const auto stride = static_cast<std::int64_t>(scale.stride);
    predictions.push_back(Tensor::full({images, 48 / stride, 64 / stride, scale.channels()}, object_logit));
  }
  return predictions;
}

TEST(AnchorHead, ObjectsGoToTheAnchorsThatAreMostLikeThem) {
  const AnchorHead head(kMaps, anchor_options());
  const std::vector<Tensor> predictions = zeros_for(head.scales(), 1, 0);
  // A small one, a tall one in another cell, a large one, one outside, one without area.
  const std::vector<DetectionTargets> targets{
      {{{17, 10, 24, 18}, {40, 20, 53, 41}, {5, 5, 47, 37}, {60, 0, 80, 20}, {5, 5, 5, 9}}, {2, 1, 0, 0, 0}}};
  const std::vector<DenseTargets> assigned = head.assign(predictions, targets);
  ASSERT_EQ(assigned.size(), 2u);
  // Centres (20.5, 14) and (46.5, 30.5): columns 2 and 5, rows 1 and 3 of 8 columns and 2 anchors.
  EXPECT_THAT(rows_of(assigned[0]), ElementsAre(std::pair((1 * 8 + 2) * 2 + 0, 2), std::pair((3 * 8 + 5) * 2 + 1, 1)));
  EXPECT_THAT(rows_of(assigned[1]), ElementsAre(std::pair(1 * 4 + 1, 0))) << "centre (26, 21)";
  EXPECT_EQ(assigned[1].positives[0].box, targets[0].boxes[2]);
}

/// All pairs of objects and rows, the rules as a table: likeness where the object wants the row.
std::vector<std::map<std::int64_t, std::pair<double, std::int64_t>>> naive_assignment(const AnchorHeadOptions& options,
                                                                                      const std::vector<DenseScale>& scales,
                                                                                      const std::vector<DetectionTargets>& targets) {
  std::vector<std::map<std::int64_t, std::pair<double, std::int64_t>>> rows(scales.size());
  for (std::size_t image = 0; image < targets.size(); ++image)
    for (std::size_t object = 0; object < targets[image].boxes.size(); ++object) {
      const Box& box = targets[image].boxes[object];
      double best = 0;
      for (const DenseScale& scale : scales)
        for (const AnchorSize& anchor : scale.anchors) best = std::max(best, shape_iou({box.width(), box.height()}, anchor));
      for (std::size_t i = 0; i < scales.size(); ++i)
        for (std::int64_t y = 0; y * scales[i].stride < 48; ++y)
          for (std::int64_t x = 0; x * scales[i].stride < 64; ++x)
            for (std::size_t a = 0; a < scales[i].anchors.size(); ++a) {
              const double center_x = (box.x1 + box.x2) / 2 / scales[i].stride - static_cast<double>(x),
                           center_y = (box.y1 + box.y2) / 2 / scales[i].stride - static_cast<double>(y);
              const double likeness = shape_iou({box.width(), box.height()}, scales[i].anchors[a]);
              if (center_x < 0 || center_x >= 1 || center_y < 0 || center_y >= 1 || likeness <= 0) continue;
              if (likeness < best && likeness < options.also_from) continue;
              const auto columns = static_cast<std::int64_t>(64 / scales[i].stride),
                         height = static_cast<std::int64_t>(48 / scales[i].stride);
              const std::int64_t row = ((static_cast<std::int64_t>(image) * height + y) * columns + x) * std::ssize(scales[i].anchors) +
                                       static_cast<std::int64_t>(a);
              const auto found = rows[i].find(row);
              if (found == rows[i].end() || likeness > found->second.first) rows[i][row] = {likeness, targets[image].labels[object]};
            }
    }
  return rows;
}

TEST(AnchorHead, AssignmentIsTheRules) {
  const AnchorHeadOptions options = anchor_options();
  const AnchorHead head(kMaps, options);
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    const auto targets = random_targets(3, 3, seed);
    const auto assigned = head.assign(zeros_for(head.scales(), 3, 0), targets);
    const auto expected = naive_assignment(options, head.scales(), targets);
    for (std::size_t i = 0; i < 2; ++i) {
      std::vector<std::pair<std::int64_t, std::int64_t>> rows;
      for (const auto& [row, claim] : expected[i]) rows.emplace_back(row, claim.second);
      EXPECT_EQ(rows_of(assigned[i]), rows) << seed;
    }
  }
}

TEST(AnchorHead, RowsThatPredictAnObjectAlreadyAreIgnored) {
  const AnchorHead head(kMaps, anchor_options());
  std::vector<Tensor> predictions = zeros_for(head.scales(), 2, 0);
  // All rows predict their anchor in the middle of their cell; the object lies between two cells, a little to the left.
  const std::vector<DetectionTargets> targets{{}, {{{27.5f, 16, 35.5f, 24}}, {1}}};  // centre (31.5, 20); cells' middles are 28 and 36
  const auto assigned = head.assign(predictions, targets);
  const std::int64_t row = ((1 * 6 + 2) * 8 + 3) * 2;
  EXPECT_THAT(rows_of(assigned[0]), ElementsAre(std::pair(row, 1)));
  EXPECT_THAT(assigned[0].ignored, IsEmpty()) << "IoU 4.5 / 11.5 only";
  float* const numbers = predictions[0].mutable_data<float>() + (row + 2) * head.scales()[0].numbers();
  numbers[0] = -20;  // the neighbour now predicts 32, 20: IoU 7.5 / 8.5
  EXPECT_THAT(head.assign(predictions, targets)[0].ignored, ElementsAre(row + 2));
}

TEST(CenterHead, ObjectsGoToTheCellsAroundTheirCentre) {
  const CenterHead head(kMaps, {.classes = 2, .channels = 4, .layers = 1, .radius = 1.5, .largest_sides = 3});
  std::vector<Shape> shapes;
  for (const Tensor& t : zeros_for(head.scales(), 1, 0)) shapes.push_back(t.shape());
  // 20 x 20 around (32, 20) on the fine map: middles 20, 28, 36, 44 less than 12 away and inside (22, 42): 28 and 36; rows 12, 20, 28.
  const std::vector<DetectionTargets> one{{{{22, 10, 42, 30}}, {1}}};
  EXPECT_THAT(rows_of(head.assign(shapes, one)[0]),
              ElementsAre(std::pair(11, 1), std::pair(12, 1), std::pair(19, 1), std::pair(20, 1), std::pair(27, 1), std::pair(28, 1)));
  EXPECT_THAT(head.assign(shapes, one)[1].positives, IsEmpty());
  const std::vector<DetectionTargets> large{{{{10, 10, 42, 30}}, {1}}};
  EXPECT_THAT(head.assign(shapes, large)[0].positives, IsEmpty());
  EXPECT_GT(head.assign(shapes, large)[1].positives.size(), 0u);
  const std::vector<DetectionTargets> tiny{{{{33, 17, 35, 18}}, {0}}};
  EXPECT_THAT(rows_of(head.assign(shapes, tiny)[0]), ElementsAre(std::pair(2 * 8 + 4, 0)))
      << "the cell of its centre, though no middle is in it";
}

/// Every cell asks which objects want it.
std::map<std::int64_t, std::pair<double, std::int64_t>> naive_cells(const CenterHeadOptions& options, const std::vector<DenseScale>& scales,
                                                                    std::size_t level, const std::vector<DetectionTargets>& targets) {
  std::map<std::int64_t, std::pair<double, std::int64_t>> rows;
  const double stride = scales[level].stride;
  const auto columns = static_cast<std::int64_t>(64 / stride), height = static_cast<std::int64_t>(48 / stride);
  for (std::int64_t row = 0; row < std::ssize(targets) * height * columns; ++row) {
    const DetectionTargets& target = targets[static_cast<std::size_t>(row / (height * columns))];
    const double left = static_cast<double>(row % columns) * stride, top = static_cast<double>(row / columns % height) * stride;
    const double x = left + stride / 2, y = top + stride / 2;
    for (std::size_t object = 0; object < target.boxes.size(); ++object) {
      const Box& b = target.boxes[object];
      if (b.area() <= 0) continue;
      const double side = std::max(b.width(), b.height()), center_x = (b.x1 + b.x2) / 2, center_y = (b.y1 + b.y2) / 2;
      const bool mine = level == 0 ? side <= options.largest_sides * scales[0].stride : side > options.largest_sides * scales[0].stride;
      const bool near = std::abs(x - center_x) < options.radius * stride && std::abs(y - center_y) < options.radius * stride;
      const bool inside = x > b.x1 && x < b.x2 && y > b.y1 && y < b.y2;
      const bool holds_center = center_x >= left && center_x < left + stride && center_y >= top && center_y < top + stride;
      if (!mine || !((near && inside) || holds_center)) continue;
      const auto found = rows.find(row);
      if (found == rows.end() || b.area() < found->second.first) rows[row] = {b.area(), target.labels[object]};
    }
  }
  return rows;
}

TEST(CenterHead, AssignmentIsTheRules) {
  const CenterHeadOptions options{.classes = 3, .channels = 4, .layers = 1, .radius = 1.5, .largest_sides = 3};
  const CenterHead head(kMaps, options);
  std::vector<Shape> shapes;
  for (const Tensor& t : zeros_for(head.scales(), 3, 0)) shapes.push_back(t.shape());
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    const auto targets = random_targets(3, 3, seed);
    const auto assigned = head.assign(shapes, targets);
    for (std::size_t level = 0; level < 2; ++level) {
      std::vector<std::pair<std::int64_t, std::int64_t>> rows;
      for (const auto& [row, claim] : naive_cells(options, head.scales(), level, targets)) rows.emplace_back(row, claim.second);
      EXPECT_EQ(rows_of(assigned[level]), rows) << seed;
    }
  }
}

TEST(Heads, OfEqualObjectsTheFirstIsFound) {
  const std::vector<DetectionTargets> twice{{{{17, 10, 24, 18}, {17, 10, 24, 18}}, {2, 1}}};
  const AnchorHead anchors(kMaps, anchor_options());
  const std::vector<Tensor> predictions = zeros_for(anchors.scales(), 1, 0);
  EXPECT_THAT(rows_of(anchors.assign(predictions, twice)[0]), ElementsAre(std::pair((1 * 8 + 2) * 2, 2)));
  const CenterHead centers(kMaps, {.classes = 3, .channels = 4});
  const std::vector<Shape> shapes{{1, 6, 8, 8}, {1, 3, 4, 8}};
  for (const auto& [row, label] : rows_of(centers.assign(shapes, twice)[0])) EXPECT_EQ(label, 2) << row;
}

const std::vector<FeatureMapShape> kGrid{{"only", 16, 4}};

TEST(GridHead, LossOfAWorkedCell) {
  const GridHead head(kGrid, {.classes = 2, .boxes = 2});
  // 2 x 2 cells of 16 pixels: an object of 16 x 8 around (24, 8), in the cell at column 1, row 0.
  const std::vector<DetectionTargets> targets{{{{16, 4, 32, 12}}, {1}}};
  std::vector<double> numbers(2 * 2 * 12, 0.0);
  // That cell: one box as the object but half as wide, IoU 1/2; one far off. Classes 0.25 and 0.5.
  const double cell[] = {0.5, 0.5, std::sqrt(8.0 / 32), std::sqrt(8.0 / 32), 0.75, 0.5, 0.5, 0.1, 0.1, 0.25, 0.25, 0.5};
  std::copy(std::begin(cell), std::end(cell), numbers.begin() + 12);
  numbers[4] = 0.5;  // confidence of the first cell's first box
  const LossMap terms = head.loss(std::vector{Variable(Tensor::from(numbers, {1, 2, 2, 12}))}, targets);
  std::map<std::string, double> values;
  for (const auto& [name, value] : terms) values[name] = value.item();
  EXPECT_NEAR(values["box"], 5 * std::pow(0.5 - std::sqrt(0.5), 2), 1e-12) << "the width alone is wrong";
  EXPECT_NEAR(values["object"], std::pow(0.75 - 0.5, 2), 1e-12);
  EXPECT_NEAR(values["no_object"], 0.5 * (0.5 * 0.5 + 0.25 * 0.25), 1e-12);
  EXPECT_NEAR(values["class"], 0.25 * 0.25 + 0.5 * 0.5, 1e-12);
}

TEST(GridHead, GradientsOfEveryTerm) {
  const GridHead head(kGrid, {.classes = 3, .boxes = 2});
  for (const std::int64_t images : {0, 1, 3}) {
    const Shape shape{images, 3, 4, 13};
    const Tensor predictions = Tensor::from(test::random_values<double>(shape.numel(), 1), shape);
    const GridTargets targets = head.assign(predictions, random_targets(images, 3, 4));
    for (std::size_t term = 0; term < 4; ++term)
      EXPECT_TRUE(
          test::gradients_match([&](const std::vector<Variable>& in) { return head.loss(in[0], targets)[term].second; }, {predictions}))
          << term;
  }
}

TEST(GridHead, DecodesWhatItIsToLearn) {
  const GridHead head(kGrid, {.classes = 3, .boxes = 2});
  const std::vector<DetectionTargets> targets{{{{3, 4, 20, 30}, {40, 20, 60, 47}, {41, 21, 61, 46}}, {2, 0, 1}}};
  const GridTargets wanted = head.assign(Tensor::full({1, 3, 4, 13}, 0.1), targets);
  // Numbers as wanted, but confident.
  Tensor numbers = wanted.wanted.clone();
  const Tensor object = wanted.weights[1].second;
  for (std::int64_t i = 0; i < numbers.numel(); ++i)
    if (object.data<float>()[i] > 0) numbers.mutable_data<float>()[i] = 0.875f;
  const std::vector<Detections> found = head.decode(std::vector{numbers}, 0.5);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].size(), 2u) << "a cell finds one object";
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found[0][i].index, targets[0].labels[i]);
    EXPECT_FLOAT_EQ(found[0][i].score, 0.875f);
    EXPECT_GT(iou(found[0][i].box, targets[0].boxes[i]), 0.9999);
  }
}

TEST(Heads, SayWhatIsWrong) {
  EXPECT_THAT(
      [] {
        AnchorHead(kMaps, {.classes = 3, .anchors = {{{8, 8}}}});
      },
      ThrowsMessage<OptionError>(HasSubstr("expected anchors for 2 feature maps, found 1")));
  EXPECT_THAT(
      [] {
        AnchorHead(kMaps, {.classes = 3, .anchors = {{{8, 8}}, {}}});
      },
      ThrowsMessage<OptionError>(HasSubstr("feature map 1 has no anchors")));
  EXPECT_THAT([] { CenterHead(kMaps, {.classes = 0}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1 class")));
  EXPECT_THAT([] { GridHead(kGrid, {.classes = 1, .boxes = 0}); }, ThrowsMessage<OptionError>(HasSubstr("1 box, found 1 and 0")));
  const AnchorHead head(kMaps, anchor_options());
  const std::vector<Tensor> predictions = zeros_for(head.scales(), 1, 0);
  const std::vector<DetectionTargets> wrong{{{{1, 1, 9, 9}}, {3}}}, two(2);
  EXPECT_THAT([&] { head.assign(predictions, wrong); }, ThrowsMessage<OptionError>(HasSubstr("a label is 0 to 2, found 3")));
  EXPECT_THAT([&] { head.assign(predictions, two); },
              ThrowsMessage<ShapeError>(HasSubstr("expected predictions [2,H,W,16] of feature map 0, found [1,6,8,16]")));
}

}  // namespace
}  // namespace fovea
