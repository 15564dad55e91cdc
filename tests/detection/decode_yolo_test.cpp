#include "fovea/detection/decode_yolo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Raw values between -4 and 4, as heads give them.
Tensor raw_values(const Shape& shape, std::uint64_t seed, float scale = 4) {
  std::vector<float> values = test::random_values<float>(shape.numel(), seed);
  for (float& value : values) value *= scale;
  return Tensor::from(values, shape);
}

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

void expect_same(const Detections& found, const Detections& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].index, wanted[i].index) << i;
    EXPECT_NEAR(found[i].score, wanted[i].score, 1e-6) << i;
    const Box &a = found[i].box, &b = wanted[i].box;
    for (const auto& [x, y] : {std::pair{a.x1, b.x1}, {a.y1, b.y1}, {a.x2, b.x2}, {a.y2, b.y2}})
      EXPECT_NEAR(x, y, 1e-5 * std::max(1.0F, std::abs(y))) << i;
  }
}

struct Head {
  std::vector<cv::Size2f> anchors;
  std::int64_t classes;
  double s = 1;
  bool new_coords = false, softmax = false;
};

/// The formulas, one box after the other in double precision; anchors in pixels.
Detections oracle(const Tensor& raw, const Head& head, const DecodeRequest& request) {
  Detections found;
  const std::int64_t rows = raw.extent(1), columns = raw.extent(2), stride = 5 + head.classes;
  const auto p = [&](double v) { return head.new_coords ? v : sigma(v); };
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::size_t a = 0; a < head.anchors.size(); ++a) {
        const float* v =
            raw.data<float>() + ((request.image * rows + r) * columns + c) * raw.extent(3) + static_cast<std::int64_t>(a) * stride;
        const double x =
            (static_cast<double>(c) + head.s * p(v[0]) - (head.s - 1) / 2) / static_cast<double>(columns) * request.input.width;
        const double y = (static_cast<double>(r) + head.s * p(v[1]) - (head.s - 1) / 2) / static_cast<double>(rows) * request.input.height;
        const double w = head.anchors[a].width * (head.new_coords ? 4 * v[2] * v[2] : std::exp(v[2]));
        const double h = head.anchors[a].height * (head.new_coords ? 4 * v[3] * v[3] : std::exp(v[3]));
        double sum = 0;
        for (std::int64_t i = 0; i < head.classes; ++i) sum += std::exp(v[5 + i]);
        for (std::int64_t i = 0; i < head.classes; ++i) {
          const double score = p(v[4]) * (head.softmax ? std::exp(v[5 + i]) / sum : p(v[5 + i]));
          if (score < request.confidence) continue;
          found.push_back({.box = {static_cast<float>(x - w / 2), static_cast<float>(y - h / 2), static_cast<float>(x + w / 2),
                                   static_cast<float>(y + h / 2)},
                           .score = static_cast<float>(score),
                           .index = i});
        }
      }
  return found;
}

const std::vector<cv::Size2f> kAnchors = {{10, 13}, {33.5F, 23}, {62, 119}};
constexpr double kConfidences[] = {0, 0.0101, 0.2503, 0.9001};

TEST(DecodeYolo, IsTheFormula) {
  for (const double s : {1.0, 1.05, 2.0})
    for (const double confidence : kConfidences) {
      const Head head{.anchors = kAnchors, .classes = 7, .s = s};
      const Tensor raw = raw_values({2, 3, 5, 36}, 1);
      const DecodeRequest request{.image = 1, .input = {160, 96}, .confidence = confidence};
      Detections found;
      decode_yolo(raw, {.anchors = kAnchors, .classes = 7, .scale_x_y = s}, request, found);
      expect_same(found, oracle(raw, head, request));
      EXPECT_EQ(found.size() == 3u * 5 * 3 * 7, confidence == 0);
    }
}

TEST(DecodeYolo, NewCoordinatesAreActivatedAlready) {
  Tensor raw = raw_values({1, 4, 4, 8}, 2, 0.5F);
  for (std::int64_t i = 0; i < raw.numel(); ++i) raw.mutable_data<float>()[i] += 0.5F;
  for (const double confidence : kConfidences) {
    const DecodeRequest request{.input = {64, 64}, .confidence = confidence};
    Detections found;
    decode_yolo(raw, {.anchors = {{20, 30}}, .classes = 3, .scale_x_y = 2, .new_coords = true}, request, found);
    expect_same(found, oracle(raw, {.anchors = {{20, 30}}, .classes = 3, .s = 2, .new_coords = true}, request));
  }
}

TEST(DecodeRegion, HasAnchorsInCellsAndClassesBySoftmaxOrNot) {
  const Tensor raw = raw_values({2, 4, 6, 18}, 3);
  for (const bool softmax : {true, false})
    for (const double confidence : kConfidences) {
      const DecodeRequest request{.image = 0, .input = {192, 128}, .confidence = confidence};
      Detections found;
      decode_region(raw, {.anchors = {{1, 2}, {3.5F, 0.5F}}, .classes = 4, .softmax = softmax}, request, found);
      expect_same(found, oracle(raw, {.anchors = {{32, 64}, {112, 16}}, .classes = 4, .softmax = softmax}, request));
    }
}

TEST(DecodeGrid, ReadsClassesThenConfidencesThenBoxes) {
  // 2 x 2 cells, one box each, two classes; only cell 3 (row 1, column 1) has an object of class 1.
  std::vector<float> values(2 * 28, 0);
  float* v = values.data() + 28;  // image 1
  v[3 * 2 + 1] = 0.9F;
  v[8 + 3] = 0.5F;
  const float box[] = {0.5F, 0.25F, 0.5F, 1};
  std::copy_n(box, 4, v + 12 + 3 * 4);
  Detections found;
  decode_grid(Tensor::from(values, {2, 28}), {.side = 2, .boxes = 1, .classes = 2, .sqrt = true},
              {.image = 1, .input = {100, 200}, .confidence = 0.1}, found);
  // The centre is 1.5 cells of 50 and 1.25 of 100, the size 0.5^2 of 100 and 1 of 200.
  expect_same(found, {{.box = {62.5F, 25, 87.5F, 225}, .score = 0.45F, .index = 1}});
  found.clear();
  decode_grid(Tensor::from(values, {2, 28}), {.side = 2, .boxes = 1, .classes = 2, .softmax = true, .sqrt = false},
              {.image = 1, .input = {100, 200}, .confidence = 0.3}, found);
  expect_same(found, {{.box = {50, 25, 100, 225}, .score = static_cast<float>(0.5 * std::exp(0.9) / (1 + std::exp(0.9))), .index = 1}});
}

TEST(DecodeYolo, NumbersThatAreNoneGiveNoCandidates) {
  Tensor raw = Tensor::full({1, 1, 1, 6}, std::nan(""));
  Detections found;
  decode_yolo(raw, {.anchors = {{1, 1}}, .classes = 1}, {.input = {8, 8}, .confidence = 0}, found);
  EXPECT_TRUE(found.empty());
}

TEST(DecodeYolo, RefusesOtherTensors) {
  Detections found;
  const YoloHeadLayout layout{.anchors = kAnchors, .classes = 7};
  EXPECT_THAT(
      [&] {
        decode_yolo(Tensor::zeros({1, 3, 3, 35}), layout, {}, found);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[decode_yolo] expected f32 [N,h,w,channels] with 36 channels, found f32 [1,3,3,35]")));
  EXPECT_THROW(decode_yolo(Tensor::zeros({1, 3, 3, 36}), layout, {.image = 1}, found), ShapeError);
  EXPECT_THROW(decode_yolo(Tensor::zeros({1, 3, 3, 36}, DType::f64), layout, {}, found), ShapeError);
  EXPECT_THROW(decode_grid(Tensor::zeros({1, 35}), {.side = 2, .boxes = 1, .classes = 4}, {}, found), ShapeError);
}

}  // namespace
}  // namespace fovea
