#include "fovea/autograd/ops/box_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr BoxOverlap kOverlaps[] = {BoxOverlap::iou, BoxOverlap::giou, BoxOverlap::diou, BoxOverlap::ciou};

/// Boxes around the unit square: most of them overlap those of another seed.
Tensor boxes(const Shape& shape, std::uint64_t seed) {
  std::vector<double> corners = test::uniform(shape, seed).to_vector<double>();
  for (std::size_t i = 0; i < corners.size(); ++i)
    if (i % 4 >= 2) corners[i] = corners[i - 2] + 0.3 + std::abs(corners[i]);
  return Tensor::from(corners, shape);
}

Variable loss_of(const Variable& a, const Variable& b, BoxOverlap overlap, Reduction reduction = Reduction::none) {
  return box_loss(a, b, {.overlap = overlap, .reduction = reduction});
}

TEST(BoxLoss, IsTorchvisions) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/boxes.json");
  for (const Json& c : golden["losses"]) {
    const std::string name = c["loss"];
    const BoxOverlap overlap = name == "iou"    ? BoxOverlap::iou
                               : name == "giou" ? BoxOverlap::giou
                               : name == "diou" ? BoxOverlap::diou
                                                : BoxOverlap::ciou;
    const auto corners = c["a"].get<std::vector<double>>(), others = c["b"].get<std::vector<double>>();
    const Shape shape{std::ssize(corners) / 4, 4};
    const Variable a(Tensor::from(corners, shape), true), b(Tensor::from(others, shape), true);
    const Variable losses = loss_of(a, b, overlap);
    EXPECT_TRUE(test::near(losses.value(), c["result"].get<std::vector<double>>(), {shape[0]}, 1e-14)) << name;
    if (!c.contains("da")) continue;
    backward(loss_of(a, b, overlap, Reduction::sum));
    EXPECT_TRUE(test::near(a.grad(), c["da"].get<std::vector<double>>(), shape, 1e-14)) << name;
    EXPECT_TRUE(test::near(b.grad(), c["db"].get<std::vector<double>>(), shape, 1e-14)) << name;
  }
}

TEST(BoxLoss, Gradients) {
  for (const BoxOverlap overlap : kOverlaps)
    for (const Shape& shape : {Shape{4}, Shape{37, 4}, Shape{2, 3, 4}, Shape{0, 4}})
      for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        if (shape.numel() == 0 && reduction == Reduction::mean) continue;
        const auto f = [&](const std::vector<Variable>& in) { return loss_of(in[0], in[1], overlap, reduction); };
        EXPECT_TRUE(test::gradients_match(f, {boxes(shape, 1), boxes(shape, 2)})) << static_cast<int>(overlap);
        EXPECT_TRUE(test::f32_follows_f64(f, {boxes(shape, 1), boxes(shape, 2)}, 1e-5)) << static_cast<int>(overlap);
      }
}

TEST(BoxLoss, OfEqualBoxesIsZero) {
  const Variable a(boxes({5, 4}, 1), true);
  for (const BoxOverlap overlap : kOverlaps) EXPECT_NEAR(loss_of(a, a, overlap, Reduction::sum).item(), 0, 1e-15);
}

TEST(BoxLoss, PullsBoxesTogetherThatAreApart) {
  const Tensor left = test::f64({0, 0, 1, 1}, {1, 4}), right = test::f64({3, 0, 4, 1}, {1, 4});
  for (const BoxOverlap overlap : kOverlaps) {
    const Variable a(left, true);
    backward(loss_of(a, Variable(right), overlap, Reduction::sum));
    const std::vector<double> gradient = test::values_of(a.grad());
    if (overlap == BoxOverlap::iou)
      EXPECT_EQ(gradient, std::vector<double>(4)) << "IoU knows nothing of boxes apart";
    else
      EXPECT_LT(gradient[0] + gradient[2], 0) << "to the right";
  }
}

TEST(BoxLoss, OfBoxesWithoutAreaIsFinite) {
  const Tensor degenerate = test::f64({1, 1, 1, 1, 3, 2, 1, 1, 0, 0, 0, 5}, {3, 4});
  for (const BoxOverlap overlap : kOverlaps)
    for (const Tensor& other : {degenerate, boxes({3, 4}, 1)}) {
      const Variable a(degenerate, true), b(other, true);
      const Variable loss = loss_of(a, b, overlap, Reduction::sum);
      backward(loss);
      EXPECT_TRUE(std::isfinite(loss.item()));
      for (const double g : test::values_of(a.grad())) EXPECT_TRUE(std::isfinite(g));
      for (const double g : test::values_of(b.grad())) EXPECT_TRUE(std::isfinite(g));
    }
}

TEST(BoxLoss, RefusesWhatDoesNotFit) {
  const Variable four(Tensor::zeros({2, 4})), three(Tensor::zeros({2, 3})), more(Tensor::zeros({3, 4})),
      half(Tensor::zeros({2, 4}, DType::bf16));
  EXPECT_THAT([&] { box_loss(three, three); },
              ThrowsMessage<ShapeError>(HasSubstr("[box_loss] boxes want the shape [..., 4] (x1 y1 x2 y2), found [2,3]")));
  EXPECT_THAT([&] { box_loss(four, more); }, ThrowsMessage<ShapeError>(HasSubstr("[box_loss] the target has shape [3,4], expected [2,4]")));
  EXPECT_THAT([&] { box_loss(half, half); }, ThrowsMessage<ShapeError>(HasSubstr("[box_loss]")));
}

}  // namespace
}  // namespace fovea
