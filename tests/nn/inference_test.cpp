// Evaluation forward passes: packed weights that follow the weights, and calls from several threads.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "fovea/kernels/context.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/pool2d.hpp"
#include "fovea/nn/sequential.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

/// A 1x1 convolution and a fully connected layer: both pack their weights.
class PackedWeightTest : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::int64_t kWidth = 64;

  PackedWeightTest() {
    if (GetParam())
      layer_ = std::make_unique<Conv2d>(kWidth, kWidth, Conv2dOptions{.kernel = 1, .bias = false});
    else
      layer_ = std::make_unique<Linear>(kWidth, kWidth, LinearOptions{.bias = false});
    layer_->eval();
  }
  /// The last output for an input whose last feature is 1, the others 0: the last weight.
  double run(DType dtype = DType::f32) {
    const NoGradGuard no_grad;
    std::vector<float> values(kWidth);
    values.back() = 1;
    const Variable x(Tensor::from(values, GetParam() ? Shape{1, 1, 1, kWidth} : Shape{1, kWidth}).to(dtype));
    return layer_->forward(x).value().reshape({kWidth}).slice(kWidth - 1, kWidth).item();
  }
  Variable weight() { return layer_->parameters()[0].variable; }
  double last_weight() { return weight().value().reshape({kWidth * kWidth}).slice(kWidth * kWidth - 1, kWidth * kWidth).item(); }
  void replace_weight(double value) { weight().set_value(Tensor::full(weight().shape(), value)); }

  std::unique_ptr<Layer> layer_;
};

INSTANTIATE_TEST_SUITE_P(Layers, PackedWeightTest, testing::Bool(), [](const auto& test) { return test.param ? "Conv2d" : "Linear"; });

TEST_P(PackedWeightTest, FollowsChangesInPlace) {
  for (const double value : {3, 4, 5}) {
    Tensor(weight().value()).fill_(value);
    EXPECT_EQ(run(), value);
    EXPECT_EQ(run(), value);
  }
}

TEST_P(PackedWeightTest, FollowsReplacedTensors) {
  for (const double value : {3, 4, 5}) {
    replace_weight(value);
    EXPECT_EQ(run(), value);
  }
}

// Memory of a replaced tensor may be given out again: a new tensor, of the same version, where the packed one was. Here the packed one
// lay inside a larger block, and after that is freed a tensor is moved in steps of its alignment until it lies at the old place.
TEST_P(PackedWeightTest, FollowsTensorsAtRecycledAddresses) {
  constexpr std::int64_t kCount = kWidth * kWidth;
  weight().set_value(Tensor::full({4 * kCount}, 3).slice(kCount, 2 * kCount).reshape(weight().shape()));
  EXPECT_EQ(run(), 3);
  const void* packed = weight().value().raw_data();
  replace_weight(4);
  Tensor candidate;
  for (std::int64_t offset = 0; offset < 8 * kCount && (!candidate.defined() || candidate.raw_data() != packed); offset += 64) {
    candidate = {};
    const Tensor before = Tensor::empty({offset}, DType::u8);
    candidate = Tensor::full(weight().shape(), 5);
  }
  weight().set_value(candidate);
  EXPECT_EQ(run(), 5);
}

TEST_P(PackedWeightTest, FollowsInitialisationAndTypes) {
  initialize(*layer_, 1);
  const double first = run();
  initialize(*layer_, 2);
  EXPECT_NE(run(), first);
  EXPECT_EQ(run(), last_weight());
  layer_->to(DType::f64);
  EXPECT_EQ(run(DType::f64), last_weight());
  layer_->to(DType::f32);
  EXPECT_EQ(run(), last_weight());
}

std::unique_ptr<Sequential> make_net() {
  auto net = std::make_unique<Sequential>();
  net->emplace<Conv2d>(3, 16, Conv2dOptions{.kernel = 3, .padding = 1, .bias = false});
  net->emplace<BatchNorm2d>(16);
  net->emplace<Relu>();
  net->emplace<MaxPool2d>();
  net->emplace<Conv2d>(16, 16, Conv2dOptions{.kernel = 3, .padding = 1, .groups = 4});
  net->emplace<AvgPool2d>();
  net->emplace<Flatten>();
  net->emplace<Linear>(16 * 4 * 4, 10, LinearOptions{.flattened = {4, 4, 16}});
  initialize(*net, 1);
  net->eval();
  return net;
}

TEST(Inference, ConcurrentCallsGiveTheBitsOfCallsInARow) {
  constexpr int kCallers = 4, kCalls = 8;
  const auto run = [](Layer& net, int caller) {
    const NoGradGuard no_grad;
    return net(Variable(Tensor::from(test::random_values<float>(2 * 16 * 16 * 3, static_cast<std::uint64_t>(caller)), {2, 16, 16, 3})))
        .value()
        .to_vector<float>();
  };
  std::vector<std::vector<float>> expected;
  const auto alone = make_net();
  for (int caller = 0; caller < kCallers; ++caller) expected.push_back(run(*alone, caller));

  const auto shared = make_net();  // a fresh one: its first calls pack the weights at the same time
  std::vector<std::vector<std::vector<float>>> found(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller)
    callers.emplace_back([&, caller] {
      kernels::Context context(1 + caller % 2);
      const kernels::ContextGuard guard(context);
      for (int call = 0; call < kCalls; ++call) found[static_cast<std::size_t>(caller)].push_back(run(*shared, caller));
    });
  for (std::thread& caller : callers) caller.join();
  for (std::size_t caller = 0; caller < kCallers; ++caller)
    for (const auto& output : found[caller]) EXPECT_EQ(output, expected[caller]) << "caller " << caller;
}

TEST(Inference, RecordedAndUnrecordedPassesGiveTheSameBits) {
  const auto net = make_net();
  const Variable x(Tensor::from(test::random_values<float>(3 * 16 * 16 * 3, 1), {3, 16, 16, 3}));
  const std::vector<float> recorded = net->forward(x).value().to_vector<float>();
  const NoGradGuard no_grad;
  EXPECT_EQ(net->forward(x).value().to_vector<float>(), recorded);
}

}  // namespace
}  // namespace fovea
