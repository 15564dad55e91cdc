// RetinaNet's and SSD's heads: against torchvision's, against their rules written as loops, and against differences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/random.hpp"
#include "fovea/detection/anchors.hpp"
#include "fovea/detection/box_overlaps.hpp"
#include "fovea/detection/retina_head.hpp"
#include "fovea/detection/ssd_head.hpp"
#include "support/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

const std::vector<FeatureMapShape> kMaps{{"fine", 8, 4}, {"coarse", 16, 4}};
const std::vector<std::vector<AnchorSize>> kAnchors{{{12, 12}, {20, 11}}, {{30, 30}, {44, 24}}};
constexpr std::int64_t kWidth = 64, kHeight = 48;

RetinaHead retina() { return {kMaps, {.classes = 3, .anchors = kAnchors, .channels = 8, .layers = 1}}; }
SsdHead ssd() { return {kMaps, {.classes = 3, .anchors = kAnchors}}; }

std::vector<Tensor> predictions_for(const std::vector<PriorScale>& scales, std::int64_t images, std::uint64_t seed) {
  std::vector<Tensor> predictions;
  for (const PriorScale& scale : scales) {
    const auto stride = static_cast<std::int64_t>(scale.stride);
    const Shape shape{images, kHeight / stride, kWidth / stride, scale.channels()};
    predictions.push_back(Tensor::from(test::random_values<double>(shape.numel(), seed++), shape));
  }
  return predictions;
}

std::vector<DetectionTargets> random_targets(std::int64_t images, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<DetectionTargets> targets(static_cast<std::size_t>(images));
  for (DetectionTargets& target : targets)
    for (std::uint64_t i = stream.below(7); i > 0; --i) {
      const auto x = static_cast<float>(stream.uniform(-5, 55)), y = static_cast<float>(stream.uniform(-5, 40));
      target.boxes.push_back({x, y, x + static_cast<float>(stream.uniform(0, 45)), y + static_cast<float>(stream.uniform(2, 40))});
      target.labels.push_back(static_cast<std::int64_t>(stream.below(3)));
    }
  return targets;
}

std::vector<Variable> variables(const std::vector<Tensor>& tensors) { return {tensors.begin(), tensors.end()}; }

// --- torchvision -------------------------------------------------------------------------------------------------------------------

std::vector<std::vector<AnchorSize>> anchors_of(const Json& maps) {
  std::vector<std::vector<AnchorSize>> anchors;
  for (const Json& map : maps) {
    anchors.emplace_back();
    for (const Json& size : map["anchors"]) anchors.back().push_back({size[0], size[1]});
  }
  return anchors;
}

std::vector<DetectionTargets> targets_of(const Json& images) {
  std::vector<DetectionTargets> targets;
  for (const Json& image : images) {
    DetectionTargets& target = targets.emplace_back();
    for (const Json& box : image["boxes"]) target.boxes.push_back({box[0], box[1], box[2], box[3]});
    target.labels = image["labels"].get<std::vector<std::int64_t>>();
  }
  return targets;
}

std::unique_ptr<DetectionHead> head_of(const Json& c) {
  const auto anchors = anchors_of(c["maps"]);
  if (c["head"] == "ssd") return std::make_unique<SsdHead>(kMaps, SsdHeadOptions{.classes = 3, .anchors = anchors});
  return std::make_unique<RetinaHead>(kMaps, RetinaHeadOptions{.classes = 3, .anchors = anchors, .beta = c["beta"]});
}

std::vector<Variable> predictions_of(const Json& c) {
  std::vector<Variable> predictions;
  const std::int64_t images = std::ssize(c["images"]), scores = c["scores"];
  for (std::size_t i = 0; i < c["maps"].size(); ++i) {
    const std::int64_t stride = c["maps"][i]["stride"], channels = std::ssize(c["maps"][i]["anchors"]) * (4 + scores);
    const Tensor values =
        Tensor::from(c["predictions"][i].get<std::vector<double>>(), {images, kHeight / stride, kWidth / stride, channels});
    predictions.push_back(Variable(values, true));
  }
  return predictions;
}

TEST(PriorHeads, LossesAndGradientsAreTorchvisions) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/prior_heads.json");
  for (const Json& c : golden["heads"]) {
    const auto head = head_of(c);
    const auto targets = targets_of(c["images"]);
    for (std::size_t term = 0; term < 2; ++term) {
      const std::vector<Variable> predictions = predictions_of(c);
      const auto [name, loss] = head->loss(predictions, targets)[term];
      SCOPED_TRACE(c["head"].get<std::string>() + ' ' + name);
      const Json& expected = c["losses"][name];
      EXPECT_NEAR(loss.item(), expected["value"].get<double>(), 1e-5 * (1 + expected["value"].get<double>())) << "codes are f32 here";
      if (!loss.requires_grad()) continue;  // no positives
      backward(loss);
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        const auto gradient = expected["gradients"][i].get<std::vector<double>>();
        const std::vector<double> actual = predictions[i].grad().to_vector<double>();
        ASSERT_EQ(actual.size(), gradient.size());
        for (std::size_t k = 0; k < actual.size(); ++k) EXPECT_NEAR(actual[k], gradient[k], 1e-6) << k;
      }
    }
  }
}

TEST(PriorHeads, MatchesAreTorchvisions) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/prior_heads.json");
  for (const Json& c : golden["heads"]) {
    const auto head = head_of(c);
    const auto targets = targets_of(c["images"]);
    const std::vector<Shape> shapes = shapes_of(predictions_of(c));
    const auto* retina_head = dynamic_cast<const RetinaHead*>(head.get());
    const PriorTargets assigned =
        retina_head != nullptr ? retina_head->assign(shapes, targets) : dynamic_cast<const SsdHead&>(*head).assign(shapes, targets);
    std::vector<std::int64_t> labels, expected;  // -1 for background, -2 for ignored
    for (std::size_t image = 0; image < targets.size(); ++image)
      for (const Json& match : c["matches"][image]) {
        const auto place = match.get<std::int64_t>();
        expected.push_back(place < 0 ? place : targets[image].labels[static_cast<std::size_t>(place)]);
      }
    labels.assign(expected.size(), kIgnoredAnchor);
    for (const std::int64_t row : assigned.backgrounds) labels[static_cast<std::size_t>(row)] = kBackground;
    for (const PriorPositive& p : assigned.positives) labels[static_cast<std::size_t>(p.row)] = p.label;
    EXPECT_EQ(labels, expected) << c["head"];
  }
}

TEST(PriorHeads, BoxesAreTorchvisions) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/prior_heads.json");
  for (const Json& c : golden["heads"]) {
    const auto head = head_of(c);
    std::vector<Tensor> predictions;
    for (const Variable& prediction : predictions_of(c)) predictions.push_back(prediction.value().to(DType::f32));
    const std::vector<Detections> found = head->decode(predictions, 0);
    const auto corners = c["decoded"].get<std::vector<double>>();
    std::size_t row = 0;
    for (const Detections& of_image : found)
      for (std::size_t i = 0; i < of_image.size(); i += 3, ++row) {  // each box with three classes
        const float actual[] = {of_image[i].box.x1, of_image[i].box.y1, of_image[i].box.x2, of_image[i].box.y2};
        for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(actual[k], corners[4 * row + k], 1e-3) << c["head"] << row;
      }
    EXPECT_EQ(row, corners.size() / 4);
  }
}

TEST(SsdAnchors, AreTorchvisions) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/prior_heads.json")["default_boxes"];
  const auto sides = golden["sides"].get<std::vector<double>>();
  const auto anchors = ssd_anchors(golden["image"], sides, golden["ratios"].get<std::vector<std::vector<double>>>());
  ASSERT_EQ(anchors.size(), 6u);
  std::vector<PriorScale> scales;
  std::vector<Shape> shapes;
  const std::int64_t cells[] = {38, 19, 10, 5, 3, 1}, strides[] = {8, 16, 32, 64, 100, 300};
  for (std::size_t i = 0; i < 6; ++i) {
    ASSERT_EQ(2 * anchors[i].size(), golden["sizes"][i].size());
    for (std::size_t k = 0; k < anchors[i].size(); ++k) {
      EXPECT_NEAR(anchors[i][k].width, golden["sizes"][i][2 * k].get<double>(), 1e-4) << i;
      EXPECT_NEAR(anchors[i][k].height, golden["sizes"][i][2 * k + 1].get<double>(), 1e-4) << i;
    }
    scales.push_back({static_cast<float>(strides[i]), anchors[i], 21});
    shapes.push_back({1, cells[i], cells[i], scales.back().channels()});
  }
  const std::vector<Box> priors = prior_boxes(shapes, scales);
  EXPECT_EQ(std::ssize(priors), golden["count"].get<std::int64_t>()) << "8732 in the paper";
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(priors[priors.size() - 4 + i].x1 + priors[priors.size() - 4 + i].x2, 300, 1e-3);
}

TEST(SsdAnchors, SidesAreEquation4) {
  EXPECT_THAT(ssd_sides(3, 0.2, 0.9), ElementsAre(0.2, testing::DoubleNear(0.55, 1e-12), testing::DoubleNear(0.9, 1e-12)));
  EXPECT_THAT([] { ssd_sides(1); }, ThrowsMessage<OptionError>(HasSubstr("at least 2 sides, found 1")));
  EXPECT_THAT(
      [] {
        ssd_anchors(300, std::vector{0.1, 0.2}, std::vector<std::vector<double>>{{2}, {2}});
      },
      ThrowsMessage<OptionError>(HasSubstr("2 maps need 3 sides, found 2")));
}

TEST(RetinaAnchors, AreThreeSidesOfThreeRatios) {
  const auto anchors = retina_anchors(kMaps);
  ASSERT_EQ(anchors.size(), 2u);
  ASSERT_EQ(anchors[1].size(), 9u);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(std::sqrt(anchors[1][i].area()), 64 * std::pow(2, static_cast<double>(i / 3) / 3), 1e-3);
    EXPECT_NEAR(anchors[1][i].height / anchors[1][i].width, std::pow(2, static_cast<double>(i % 3) - 1), 1e-5);
  }
}

// --- the rules as loops ------------------------------------------------------------------------------------------------------------

/// What each prior of an image is to find: an object, -1 or -2.
std::vector<std::int64_t> naive_matches(const std::vector<Box>& priors, const std::vector<Box>& objects, bool is_ssd) {
  const auto overlap = [&](std::size_t prior, std::size_t object) {  // in single precision, as the matcher has it
    return overlaps(std::vector{priors[prior]}, std::vector{objects[object]}).at(0, 0);
  };
  std::vector<std::int64_t> matches(priors.size(), -1);
  for (std::size_t i = 0; i < priors.size(); ++i) {
    float best = -1;
    std::int64_t object = -1;
    for (std::size_t k = 0; k < objects.size(); ++k)
      if (objects[k].area() > 0 && overlap(i, k) > best) {
        best = overlap(i, k);
        object = static_cast<std::int64_t>(k);
      }
    bool is_best_of_one = false;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      if (!(objects[k].area() > 0) || !(overlap(i, k) > 0)) continue;
      bool beaten = false;
      for (std::size_t other = 0; other < priors.size(); ++other)
        beaten |= overlap(other, k) > overlap(i, k) || (is_ssd && other < i && overlap(other, k) == overlap(i, k));
      if (beaten) continue;
      is_best_of_one = true;
      if (is_ssd) matches[i] = static_cast<std::int64_t>(k);
    }
    if (is_ssd && is_best_of_one) continue;
    if (best >= 0.5 || (is_best_of_one && !is_ssd))
      matches[i] = object;
    else if (!is_ssd && best >= 0.4)
      matches[i] = -2;
  }
  return matches;
}

TEST(PriorHeads, AssignmentIsTheRules) {
  const RetinaHead retina_head = retina();
  const SsdHead ssd_head = ssd();
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    const auto targets = random_targets(2, seed);
    for (const bool is_ssd : {false, true}) {
      const auto& scales = is_ssd ? ssd_head.scales() : retina_head.scales();
      const std::vector<Shape> shapes = shapes_of(variables(predictions_for(scales, 2, 1)));
      const PriorTargets assigned = is_ssd ? ssd_head.assign(shapes, targets) : retina_head.assign(shapes, targets);
      const std::vector<Box> priors = prior_boxes(shapes, scales);
      std::vector<std::int64_t> positives, backgrounds;
      std::vector<Box> boxes;
      for (std::size_t image = 0; image < 2; ++image) {
        const auto matches = naive_matches(priors, targets[image].boxes, is_ssd);
        for (std::size_t i = 0; i < matches.size(); ++i) {
          const auto row = static_cast<std::int64_t>(image * priors.size() + i);
          if (matches[i] == -1) backgrounds.push_back(row);
          if (matches[i] < 0) continue;
          positives.push_back(row);
          boxes.push_back(targets[image].boxes[static_cast<std::size_t>(matches[i])]);
        }
      }
      EXPECT_EQ(assigned.backgrounds, backgrounds) << seed;
      ASSERT_EQ(assigned.positives.size(), positives.size()) << seed;
      for (std::size_t i = 0; i < positives.size(); ++i) {
        EXPECT_EQ(assigned.positives[i].row, positives[i]) << seed;
        EXPECT_EQ(assigned.positives[i].box, boxes[i]) << seed;
        EXPECT_EQ(assigned.positives[i].prior, priors[static_cast<std::size_t>(positives[i]) % priors.size()]);
      }
    }
  }
}

TEST(SsdHead, EveryImageHasItsHardestNegatives) {
  const SsdHead head = ssd();
  PriorTargets assigned;
  assigned.positives = {{1, {}, {}, 0}};                    // of the first image of two with 6 rows each
  assigned.backgrounds = {0, 2, 3, 5, 6, 7, 8, 9, 10, 11};  // row 4 counts nowhere
  const Tensor losses = Tensor::from(std::vector<double>{1, 9, 5, 2, 8, 5, 7, 7, 7, 7, 7, 7}, {12});
  EXPECT_THAT(head.hardest(assigned, losses, 2), ElementsAre(2, 5, 3)) << "three for one; an image without objects has none";
  assigned.positives.push_back({4, {}, {}, 0});
  EXPECT_THAT(head.hardest(assigned, losses, 2), ElementsAre(2, 5, 3, 0)) << "no more than there are";
  EXPECT_THAT(head.hardest({}, Tensor::zeros({0}, DType::f64), 0), IsEmpty());
}

// --- differences -------------------------------------------------------------------------------------------------------------------

TEST(PriorHeads, GradientsOfEveryTerm) {
  const RetinaHead retina_head = retina();
  const SsdHead ssd_head = ssd();
  for (const std::uint64_t seed : {3, 8})
    for (const std::int64_t images : {1, 2})
      for (std::size_t term = 0; term < 2; ++term) {
        auto targets = random_targets(images, seed);
        targets[0].boxes.push_back({10, 10, 40, 36});
        targets[0].labels.push_back(1);
        const auto of = [&](const DetectionHead& head) {
          return [&](const std::vector<Variable>& in) { return head.loss(in, targets)[term].second; };
        };
        EXPECT_TRUE(test::gradients_match(of(retina_head), predictions_for(retina_head.scales(), images, seed))) << term;
        EXPECT_TRUE(test::gradients_match(of(ssd_head), predictions_for(ssd_head.scales(), images, seed))) << term;
      }
}

TEST(PriorHeads, ABatchWithoutObjectsIsNoMistake) {
  const RetinaHead retina_head = retina();
  const SsdHead ssd_head = ssd();
  const std::vector<DetectionTargets> nothing(2);
  const auto gradient_of = [&](const DetectionHead& head, const std::vector<PriorScale>& scales) {
    std::vector<Variable> predictions;
    for (const Tensor& t : predictions_for(scales, 2, 1)) predictions.emplace_back(t, true);
    backward(total_loss(head.loss(predictions, nothing)));
    double sum = 0;
    for (const double value : predictions[0].grad().to_vector<double>()) sum += std::abs(value);
    return sum;
  };
  EXPECT_EQ(gradient_of(ssd_head, ssd_head.scales()), 0);
  EXPECT_GT(gradient_of(retina_head, retina_head.scales()), 0) << "background everywhere";
}

/// Numbers that say exactly what is to be found decode to it.
TEST(PriorHeads, DecodeWhatTheyAreToLearn) {
  const SsdHead head = ssd();
  const std::vector<DetectionTargets> targets{{{{3, 4, 16, 15}, {30, 10, 62, 41}}, {2, 0}}};
  std::vector<Tensor> predictions;
  for (const Tensor& t : predictions_for(head.scales(), 1, 1)) predictions.push_back(Tensor::zeros(t.shape()));
  for (Tensor& t : predictions)  // background everywhere
    for (std::int64_t cell = 0; cell < t.numel(); cell += 16)
      for (const std::int64_t anchor : {0, 1}) t.mutable_data<float>()[cell + 8 + 4 * anchor] = 20;
  const PriorTargets assigned = head.assign(shapes_of(variables(predictions)), targets);
  for (const PriorPositive& p : assigned.positives) {
    const std::int64_t first_coarse = 8 * 6 * 2, place = p.row < first_coarse ? p.row : p.row - first_coarse;
    float* const cell = predictions[p.row < first_coarse ? 0 : 1].mutable_data<float>() + place / 2 * 16;
    const BoxCode code = encode_deltas(p.box, p.prior, {10, 10, 5, 5});
    const float numbers[] = {code.x, code.y, code.w, code.h};
    std::copy(std::begin(numbers), std::end(numbers), cell + place % 2 * 4);
    cell[8 + place % 2 * 4 + 1 + p.label] = 40;
  }
  const std::vector<Detections> found = head.decode(predictions, 0.5);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].size(), assigned.positives.size());
  for (const Detection& d : found[0]) {
    const std::size_t object = d.index == 2 ? 0 : 1;
    EXPECT_EQ(d.index, targets[0].labels[object]);
    EXPECT_GT(iou(d.box, targets[0].boxes[object]), 0.9999);
    EXPECT_GT(d.score, 0.999);
  }
}

TEST(RetinaHead, ScoresBeginAtTheirPrior) {
  RetinaHead head = retina();
  initialize(head, 1);
  FeatureMaps maps;
  for (const FeatureMapShape& shape : kMaps)
    maps.push_back({shape, Variable(Tensor::full({1, kHeight / shape.stride, kWidth / shape.stride, shape.channels}, 0.5))});
  for (const Variable& prediction : head.forward(maps)) {
    const std::vector<float> values = prediction.value().to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i % 14 >= 8) {
        EXPECT_NEAR(1 / (1 + std::exp(-values[i])), 0.01, 0.005) << i;
      }
  }
}

TEST(PriorHeads, SayWhatIsWrong) {
  EXPECT_THAT([] { RetinaHead({{"a", 8, 4}, {"b", 16, 6}}, {}); }, ThrowsMessage<OptionError>(HasSubstr("but have 4 and 6 channels")));
  EXPECT_THAT(
      [] {
        RetinaHead(kMaps, {.anchors = {{{8, 8}}, {}}});
      },
      ThrowsMessage<OptionError>(HasSubstr("expected 1 anchors for every map, at least 1, found 0 for map 1")));
  EXPECT_THAT([] { RetinaHead(kMaps, {.classes = 0}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1 class")));
  EXPECT_THAT(
      [] {
        SsdHead(kMaps, {.anchors = {{{8, 8}}}});
      },
      ThrowsMessage<OptionError>(HasSubstr("expected default boxes for 2 feature maps, found 1")));
  const SsdHead head = ssd();
  const std::vector<Shape> shapes = shapes_of(variables(predictions_for(head.scales(), 1, 1)));
  const std::vector<DetectionTargets> wrong{{{{1, 1, 9, 9}}, {3}}}, uneven{{{{1, 1, 9, 9}}, {}}}, two(2);
  EXPECT_THAT([&] { head.assign(shapes, wrong); }, ThrowsMessage<OptionError>(HasSubstr("[ssd_head] a label is 0 to 2, found 3")));
  EXPECT_THAT([&] { head.assign(shapes, uneven); }, ThrowsMessage<ShapeError>(HasSubstr("1 boxes need as many labels, found 0")));
  EXPECT_THAT([&] { head.assign(shapes, two); }, ThrowsMessage<ShapeError>(HasSubstr("1 images need as many lists of targets, found 2")));
  EXPECT_THAT(
      [&] {
        head.decode(std::vector{Tensor::zeros({1, 6, 8, 15}), Tensor::zeros({1, 3, 4, 16})}, 0.5);
      },
      ThrowsMessage<ShapeError>(HasSubstr("expected predictions [N,H,W,16] of feature map 0")));
}

}  // namespace
}  // namespace fovea
