// The residual block.
#include "fovea/models/basic_block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "model_checks.hpp"
#include "support/gradient_check.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;

TEST(BasicBlock, HasAProjectionOnlyWhereTheShapeChanges) {
  EXPECT_FALSE(BasicBlock(8, 8, 1).downsample.has_value());
  EXPECT_TRUE(BasicBlock(8, 8, 2).downsample.has_value());
  EXPECT_TRUE(BasicBlock(8, 16, 1).downsample.has_value());
}

TEST(BasicBlock, AddsTheShortcutBeforeTheLastRectifier) {
  BasicBlock same(4, 4, 1), halved(4, 6, 2);
  EXPECT_THAT(test::trace(same, {2, 5, 6, 4}),
              ElementsAre("conv2d [2,5,6,4]", "batch_norm_activation [2,5,6,4]", "conv2d [2,5,6,4]", "batch_norm_activation [2,5,6,4]"));
  EXPECT_EQ(test::trace(halved, {2, 5, 6, 4}).size(), 6U);
  EXPECT_EQ(test::trace(halved, {2, 5, 6, 4}).back(), "batch_norm_activation [2,3,3,6]");
}

// With the second norm's scale and shift at zero nothing but the shortcut is left.
TEST(BasicBlock, WithoutResidualIsARectifier) {
  BasicBlock block(1, 1, 1);
  Tensor(block.bn2.weight.value()).fill_(0);
  const Variable y = block(Variable(Tensor::from<float>({1, -2, 3, -4}, {1, 2, 2, 1})));
  EXPECT_EQ(y.value().to_vector<float>(), (std::vector<float>{1, 0, 3, 0}));
}

class BasicBlockGradientTest : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Strides, BasicBlockGradientTest, testing::Values(1, 2));

TEST_P(BasicBlockGradientTest, AgreesWithCentralDifferences) {
  BasicBlock block(3, 3, GetParam());
  initialize(block, 1);
  block.to(DType::f64);
  std::vector<Variable*> members{&block.conv1.weight, &block.bn1.weight, &block.bn1.bias,
                                 &block.conv2.weight, &block.bn2.weight, &block.bn2.bias};
  if (block.downsample) {
    auto& projection = dynamic_cast<Conv2d&>((*block.downsample)[0]);
    auto& norm = dynamic_cast<BatchNorm2d&>((*block.downsample)[1]);
    members.insert(members.end(), {&projection.weight, &norm.weight, &norm.bias});
  }
  ASSERT_EQ(members.size(), block.parameters().size());
  std::vector<Tensor> inputs{Tensor::from(test::distinct_values(2 * 4 * 5 * 3, 1), {2, 4, 5, 3})};
  for (const Variable* member : members) inputs.push_back(member->value());
  const auto run = [&](const std::vector<Variable>& values) {
    for (std::size_t i = 0; i < members.size(); ++i) *members[i] = values[i + 1];
    return block(values[0]);
  };
  EXPECT_TRUE(test::gradients_match(run, inputs));
}

}  // namespace
}  // namespace fovea
