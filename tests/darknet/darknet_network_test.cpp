#include "fovea/pipelines/darknet_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "opencv_network.hpp"

namespace fovea {
namespace {

using test::RandomDarknet;
using testing::ElementsAre;

Tensor run(DarknetNetwork& network, const Tensor& images) {
  const NoGradGuard no_grad;
  network.eval();
  return network.forward(Variable(images)).value();
}

struct Case {
  const char* name;
  std::string text;
};

const std::string kNet = "[net]\nwidth=12\nheight=12\nchannels=3\n";
const std::string kConv = "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky\n";

class LikeOpenCv : public testing::TestWithParam<Case> {};

const Case kCases[] = {
    {"norm_and_leaky", kNet + kConv},
    {"stride", kNet + "[convolutional]\nbatch_normalize=1\nfilters=5\nsize=3\nstride=2\npad=1\nactivation=leaky\n"},
    {"no_padding", kNet + "[convolutional]\nfilters=5\nsize=5\nstride=1\nactivation=linear\n"},
    {"explicit_padding", kNet + "[convolutional]\nfilters=5\nsize=3\nstride=1\npadding=2\nactivation=linear\n"},
    {"mish", kNet + "[convolutional]\nbatch_normalize=1\nfilters=6\nsize=1\nstride=1\npad=1\nactivation=mish\n"},
    {"swish", kNet + "[convolutional]\nfilters=6\nsize=1\nstride=1\npad=1\nactivation=swish\n"},
    {"logistic", kNet + "[convolutional]\nfilters=6\nsize=1\nstride=1\npad=1\nactivation=logistic\n"},
    {"depthwise", kNet + kConv + "[convolutional]\nbatch_normalize=1\ngroups=8\nfilters=8\nsize=5\nstride=1\npad=1\nactivation=leaky\n"},
    {"groups", kNet + kConv + "[convolutional]\ngroups=2\nfilters=6\nsize=3\nstride=1\npad=1\nactivation=linear\n"},
    {"shortcut", kNet + kConv + kConv + "[shortcut]\nfrom=-2\nactivation=linear\n"},
    {"shortcut_after_linear_and_dropout",
     kNet + kConv + "[convolutional]\nfilters=8\nsize=1\nstride=1\npad=1\nactivation=linear\n[dropout]\nprobability=.2\n" +
         "[shortcut]\nfrom=-3\nactivation=linear\n"},
    {"linear_read_twice", kNet + kConv + "[convolutional]\nfilters=8\nsize=1\nstride=1\npad=1\nactivation=linear\n" +
                              "[shortcut]\nfrom=-2\nactivation=linear\n[route]\nlayers=-1,-2\n"},
    {"route", kNet + kConv + kConv + "[route]\nlayers=-1,0\n" + kConv},
    {"route_group", kNet + kConv + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n" + kConv + "[route]\nlayers=-1,-2\n"},
    {"upsample", kNet + kConv + "[upsample]\nstride=2\n"},
    {"maxpool", kNet + kConv + "[maxpool]\nsize=2\nstride=2\n"},
    {"maxpool_odd", "[net]\nwidth=13\nheight=11\n" + kConv + "[maxpool]\nsize=2\nstride=2\n"},
    {"maxpool_stride_1", kNet + kConv + "[maxpool]\nsize=2\nstride=1\n"},
    {"maxpool_3_by_2", kNet + kConv + "[maxpool]\nsize=3\nstride=2\n"},
    {"spatial_pyramid", kNet + kConv +
                            "[maxpool]\nstride=1\nsize=5\n[route]\nlayers=-2\n[maxpool]\nstride=1\nsize=9\n[route]\nlayers=-2\n" +
                            "[maxpool]\nstride=1\nsize=13\n[route]\nlayers=-1,-3,-5,-6\n"},
    {"avgpool", kNet + kConv + "[avgpool]\n"},
    {"reorg", kNet + kConv + "[reorg]\nstride=2\n"},
    {"softmax", kNet + kConv + "[avgpool]\n[softmax]\ngroups=1\n"},
    {"connected", kNet + kConv + "[connected]\noutput=10\nactivation=linear\n"},
};

TEST_P(LikeOpenCv, GivesTheSameNumbers) {
  const RandomDarknet random(GetParam().text);
  const DarknetNet& net = random.config.net;
  const Tensor images = test::random_images({1, net.height, net.width, 3}, 7);
  const Tensor ours = run(*random.network(), images);
  cv::dnn::Net opencv = random.opencv();
  opencv.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  opencv.setInput(test::to_blob(images));
  const cv::Mat theirs = opencv.forward();
  ASSERT_EQ(static_cast<std::int64_t>(theirs.total()), ours.numel());
  const std::int64_t h = ours.extent(1), w = ours.extent(2), c = ours.extent(3);
  for (std::int64_t k = 0; k < c; ++k)
    for (std::int64_t i = 0; i < h * w; ++i)
      ASSERT_NEAR(ours.data<float>()[i * c + k], theirs.ptr<float>()[k * h * w + i], 1e-5) << "channel " << k << ", cell " << i;
}

INSTANTIATE_TEST_SUITE_P(All, LikeOpenCv, testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

const std::string kResidual = kNet + kConv +
                              "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=1\nstride=1\npad=1\nactivation=linear\n"
                              "[dropout]\nprobability=.5\n[shortcut]\nfrom=-3\nactivation=linear\n"
                              "[convolutional]\nfilters=14\nsize=1\nstride=1\npad=1\nactivation=mish\n";

TEST(DarknetNetwork, InOnePassIsTheSameAsInParts) {
  const auto network = RandomDarknet(kResidual).network();
  network->eval();
  const Tensor images = test::random_images({2, 12, 12, 3}, 3);
  const Tensor parts = network->forward(Variable(images)).value();  // gradients are on: operations one by one
  const Tensor fused = run(*network, images);
  for (std::int64_t i = 0; i < parts.numel(); ++i) ASSERT_NEAR(fused.data<float>()[i], parts.data<float>()[i], 2e-6);
}

TEST(DarknetNetwork, FoldedFiltersFollowWhatTheyAreMadeOf) {
  const auto network = RandomDarknet(kResidual).network();
  const Tensor images = test::random_images({1, 12, 12, 3}, 3);
  run(*network, images);
  for (const char* name : {"layers.0.conv.weight", "layers.0.norm.running_mean", "layers.1.norm.weight"}) {
    for (const StateEntry& entry : network->state_dict())
      if (entry.name == name) Tensor(entry.tensor).fill_(0.5);
    const Tensor fused = run(*network, images);
    network->set_fused(false);
    const Tensor parts = run(*network, images);
    network->set_fused(true);
    for (std::int64_t i = 0; i < parts.numel(); ++i) ASSERT_NEAR(fused.data<float>()[i], parts.data<float>()[i], 2e-5) << name;
  }
}

TEST(DarknetNetwork, AnImagesBitsDoNotDependOnTheBatch) {
  const auto network = RandomDarknet(kResidual).network();
  const Tensor images = test::random_images({3, 12, 12, 3}, 3);
  const Tensor all = run(*network, images);
  for (std::int64_t i = 0; i < 3; ++i) {
    const Tensor one = run(*network, images.slice(i, i + 1).clone());
    EXPECT_EQ(one.to_vector<float>(), all.slice(i, i + 1).to_vector<float>());
  }
}

TEST(DarknetNetwork, TrainsEveryParameter) {
  const auto network = RandomDarknet(kResidual).network();
  network->train();
  const Variable y = network->forward(Variable(test::random_images({2, 12, 12, 3}, 3)));
  backward(y, Tensor::full(y.shape(), 1));
  for (const NamedParameter& parameter : network->parameters()) EXPECT_TRUE(parameter.variable.grad().defined()) << parameter.name;
}

TEST(DarknetNetwork, NamesItsStateAndItsOutputs) {
  const std::string yolo = "[yolo]\nmask=0,1\nanchors=1,2,3,4\nnum=2\nclasses=2\n";
  DarknetNetwork network(parse_darknet_config(kResidual + yolo + "[route]\nlayers=-2\n" + yolo, "net.cfg"));
  EXPECT_THAT(network.output_names(), ElementsAre("yolo_5", "yolo_7"));
  std::vector<std::string> names;
  for (const StateEntry& entry : network.state_dict()) names.push_back(entry.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({"layers.0.conv.weight", "layers.0.norm.running_var", "layers.1.norm.bias", "layers.4.conv.bias"}));
  network.eval();
  const auto outputs = network.outputs(Variable(test::random_images({1, 12, 12, 3}, 1)));
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(outputs[0].name, "yolo_5");
  EXPECT_EQ(outputs[0].value.shape(), (Shape{1, 12, 12, 14}));
}

TEST(DarknetNetwork, WeightsComeBackAsTheyWere) {
  const RandomDarknet random(kResidual + "[connected]\noutput=5\nbatch_normalize=1\nactivation=linear\n");
  const auto bytes_of = [&](const DarknetWeights& weights) {
    std::string bytes;
    write_darknet_weights(weights, random.config, [&](std::string_view part) { bytes += part; });
    return bytes;
  };
  EXPECT_EQ(bytes_of(darknet_weights(random.config, random.network()->state_dict())), bytes_of(random.weights));
}

/// The order of YOLOv1's values is channels first, as a flattening; a softmax may have groups.
TEST(DarknetNetwork, FlattensChannelsFirst) {
  const Tensor images = test::random_images({1, 2, 2, 3}, 5);
  DarknetNetwork softmax(parse_darknet_config("[net]\nwidth=2\nheight=2\n[softmax]\ngroups=3\ntemperature=2\n", "net.cfg"));
  const Tensor probabilities = run(softmax, images);
  for (std::int64_t c = 0; c < 3; ++c) {  // with three groups each is a channel
    double sum = 0;
    for (std::int64_t i = 0; i < 4; ++i) sum += std::exp(images.data<float>()[i * 3 + c] / 2);
    for (std::int64_t i = 0; i < 4; ++i)
      EXPECT_NEAR(probabilities.data<float>()[i * 3 + c], std::exp(images.data<float>()[i * 3 + c] / 2) / sum, 1e-6);
  }
  DarknetNetwork grid(parse_darknet_config("[net]\nwidth=2\nheight=2\n[detection]\nside=1\nnum=2\nclasses=2\n", "net.cfg"));
  const Tensor values = run(grid, images);
  EXPECT_EQ(values.shape(), (Shape{1, 12}));
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(values.data<float>()[i], images.data<float>()[i % 4 * 3 + i / 4]);
}

}  // namespace
}  // namespace fovea
