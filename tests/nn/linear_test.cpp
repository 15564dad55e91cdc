// The fully connected layer: options, first weights, and columns that files hold channels first.
#include "fovea/nn/linear.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/nn/sequential.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(LinearLayer, ComputesRowsTimesWeightsPlusBias) {
  Linear layer(2, 3);
  Tensor(layer.weight.value()).copy_(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2}));
  Tensor(layer.bias.value()).copy_(Tensor::from<float>({10, 20, 30}, {3}));
  const Variable y = layer(Variable(Tensor::from<float>({1, 0, -1, 1}, {2, 2})));
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  EXPECT_EQ(y.value().to_vector<float>(), (std::vector<float>{11, 23, 35, 11, 21, 31}));
}

TEST(LinearLayer, WithoutBiasHasOneParameter) {
  const Linear layer(2, 3, {.bias = false});
  EXPECT_EQ(layer.parameters().size(), 1U);
  EXPECT_FALSE(layer.bias.defined());
}

TEST(LinearLayer, RefusesEmptySides) {
  EXPECT_THROW(Linear(0, 3), OptionError);
  EXPECT_THROW(Linear(3, 0), OptionError);
  EXPECT_THROW(Linear(-1, 3), OptionError);
}

TEST(LinearLayer, RefusesAFlatteningThatDoesNotFit) {
  EXPECT_THAT(
      [] {
        Linear(2451, 3, {.flattened = {7, 7, 50}});
      },
      ThrowsMessage<OptionError>(HasSubstr("7x7x50 has 2450 elements, found 2451")));
  EXPECT_THROW(Linear(7, 3, {.flattened = {7, 1, 0}}), OptionError) << "no image has 0 channels";
  EXPECT_THROW(Linear(49, 3, {.flattened = {-7, -7, 1}}), OptionError) << "the product alone would fit";
}

// Weights 1..8 in a file that was written by a framework which flattens [C,H,W]: cell (c, y, x) of a 2x2x2 image meets the weight
// 1 + 4 c + 2 y + x, in whatever order memory holds them.
TEST(LinearLayer, ReadsColumnsOfAChannelsFirstFlattening) {
  Sequential net;
  net.emplace<Flatten>();
  auto& fc = net.emplace<Linear>(8, 1, LinearOptions{.bias = false, .flattened = {2, 2, 2}});
  const FileLayout layout = fc.parameters()[0].layout;
  Tensor(fc.weight.value()).copy_(from_file(Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8}, {1, 8}), layout));
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x)
      for (int c = 0; c < 2; ++c) {
        std::vector<float> image(8);  // [H,W,C] with a single 1
        image[static_cast<std::size_t>((y * 2 + x) * 2 + c)] = 1;
        EXPECT_EQ(net(Variable(Tensor::from(image, {1, 2, 2, 2}))).item(), 1 + 4 * c + 2 * y + x);
      }
}

TEST(LinearLayer, ChannelsFirstFlatteningGivesTheSameOutputs) {
  constexpr std::int64_t kHeight = 3, kWidth = 2, kChannels = 5, kInputs = kHeight * kWidth * kChannels;
  Linear layer(kInputs, 4, {.flattened = {kHeight, kWidth, kChannels}});
  Linear peer(kInputs, 4);  // as another framework sees it: the file's weights, applied to [C,H,W]
  Tensor(layer.weight.value()).copy_(Tensor::from(test::integer_values<float>(4 * kInputs, 1), {4, kInputs}));
  Tensor(peer.weight.value()).copy_(to_file(layer.weight.value(), layer.parameters()[0].layout));
  const std::vector<float> image = test::integer_values<float>(kInputs, 2);
  std::vector<float> channels_first;
  for (std::int64_t c = 0; c < kChannels; ++c)
    for (std::int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel)
      channels_first.push_back(image[static_cast<std::size_t>(pixel * kChannels + c)]);
  EXPECT_EQ(layer(Variable(Tensor::from(image, {1, kInputs}))).value().to_vector<float>(),
            peer(Variable(Tensor::from(channels_first, {1, kInputs}))).value().to_vector<float>());
}

TEST(LinearLayer, FileOrderAndBackIsTheIdentity) {
  const Linear layer(30, 4, {.flattened = {3, 2, 5}});
  const NamedParameter weight = layer.parameters()[0];
  const Tensor file = to_file(weight.variable.value(), weight.layout);
  EXPECT_NE(file.to_vector<float>(), weight.variable.value().to_vector<float>());
  EXPECT_EQ(from_file(file, weight.layout).to_vector<float>(), weight.variable.value().to_vector<float>());
}

}  // namespace
}  // namespace fovea
