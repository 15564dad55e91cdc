#include "fovea/nn/dead_channels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/nn/activation.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(DeadChannels, AreThoseThatFireNowhereInTheBatch) {
  Sequential net;
  auto& first = net.emplace<Linear>(2, 4, LinearOptions{.bias = false});
  net.emplace<Relu>();
  auto& second = net.emplace<Linear>(4, 2, LinearOptions{.bias = false});
  net.emplace<Relu>();
  net.emplace<Relu6>();
  net.emplace<Sigmoid>();
  // Rows 1, 2, -3, 3 and 3, 0, -3, 3: the third is dead, the second is alive in one row only.
  first.weight.set_value(Tensor::from<float>({1, 0, 0, 1, -1, -1, 1, 1}, {4, 2}));
  second.weight.set_value(Tensor::from<float>({0, 0, 5, 0, 0, 1, 0, 0}, {2, 4}));
  const Variable x(Tensor::from<float>({1, 2, 3, 0}, {2, 2}));
  EXPECT_THAT(dead_channels(net, x), ElementsAre(Pair("0", 0.25), Pair("2", 0.5), Pair("2/2", 0.5)));
  EXPECT_THAT(dead_channels(net, Variable(Tensor::from<float>({3, 0}, {1, 2}))), ElementsAre(Pair("0", 0.5), Pair("2", 1), Pair("2/2", 1)));
}

}  // namespace
}  // namespace fovea
