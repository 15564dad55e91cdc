// Against PyTorch and torchvision: the numbers written by tests/golden/make_network_goldens.py, which describes their layout. Names, shapes
// and counts of parameters are compared where the networks have their names, in tests/pipelines.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/json.hpp"
#include "fovea/models/lenet5_classic.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/models/vgg.hpp"
#include "support/formula_weights.hpp"

namespace fovea {
namespace {

using test::expect_near;
using test::norm_of;
using test::Numbers;
using test::numbers_of;
using test::value_of;
using Extents = std::vector<std::int64_t>;

/// The network of a case.
std::unique_ptr<Layer> build(const Json& c) {
  const std::string name = c.at("name");
  const auto read = [&](auto options) {
    read_option(c, "classes", options.classes, name);
    read_option(c, "widths", options.widths, name);
    return options;
  };
  if (name == "resnet18-cifar") return std::make_unique<ResNet>(read(resnet18_cifar_options()));
  if (name.starts_with("resnet")) return std::make_unique<ResNet>(read(resnet_options(std::stoi(name.substr(6)))));
  if (name == "unet") return std::make_unique<UNet>(read(UNetOptions{}));
  if (name == "lenet5-classic") return std::make_unique<LeNet5Classic>();
  EXPECT_EQ(name, "vgg16");
  VggOptions options = read(vgg_options(16));
  options.dropout = 0;
  read_option(c, "hidden", options.hidden, name);
  return std::make_unique<Vgg>(options);
}

class NetworkGoldenTest : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(Types, NetworkGoldenTest, testing::Values(DType::f64, DType::f32),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_P(NetworkGoldenTest, OutputsLossAndGradientsAreThePeers) {
  const double tolerance = GetParam() == DType::f64 ? 1e-11 : 1e-5;
  // A rectifier or a maximum that rounding tips over moves gradients by a jump: only f64 pins them down.
  const double gradient_tolerance = GetParam() == DType::f64 ? 1e-11 : 1e-3;
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/network_outputs.json");
  ASSERT_FALSE(golden.at("cases").empty());
  for (const Json& c : golden.at("cases")) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const auto network = build(c);
    test::fill(*network);
    network->to(GetParam());
    const Variable image(value_of("image", Shape(c.at("input").get<Extents>())).to(GetParam()));
    network->eval();
    expect_near(numbers_of(network->forward(image).value()), c.at("logits"), tolerance);

    network->train();
    const std::int64_t classes = c.at("classes");
    const Variable rows = reshape(network->forward(image), {-1, classes});
    Extents targets;
    for (std::int64_t i = 0; i < rows.extent(0); ++i) targets.push_back(i % classes);
    const Variable loss = cross_entropy(rows, Tensor::from(targets, {rows.extent(0)}));
    backward(loss);
    EXPECT_NEAR(loss.item(), c.at("loss").get<double>(), tolerance * c.at("loss").get<double>());
    Numbers norms;
    for (const NamedParameter& parameter : network->parameters()) norms.push_back(norm_of(parameter.variable.grad()));
    expect_near(norms, c.at("gradients"), gradient_tolerance);
  }
}

}  // namespace
}  // namespace fovea
