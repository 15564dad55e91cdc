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
#include "fovea/models/vgg16.hpp"

namespace fovea {
namespace {

using Extents = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

/// The generator's uniform(): element `index` of the tensor called `name`.
double uniform(const std::string& name, std::int64_t index) {
  std::uint32_t salt = 0x811C9DC5;
  for (const char c : name) salt = (salt ^ static_cast<unsigned char>(c)) * 0x01000193;
  std::uint32_t x = static_cast<std::uint32_t>(index) + salt;
  x = (x ^ (x >> 16)) * 0x85EBCA6B;
  x = (x ^ (x >> 13)) * 0xC2B2AE35;
  return ((x ^ (x >> 16)) >> 8) / 16777216.0;
}

/// The generator's value_of(): `shape` is the file's.
Tensor value_of(const std::string& name, const Shape& shape) {
  Tensor result = Tensor::empty(shape);
  const double bound = shape.rank() > 1 ? std::sqrt(6 / static_cast<double>(shape.numel() / shape[0])) : 0;
  for (std::int64_t i = 0; i < shape.numel(); ++i) {
    const double u = uniform(name, i);
    double value = (2 * u - 1) * bound;
    if (name == "image")
      value = 2 * u - 1;
    else if (name.ends_with("bias") || name.ends_with("running_mean"))
      value = (2 * u - 1) * 0.1;
    else if (name.ends_with("running_var") || shape.rank() == 1)
      value = 0.5 + u;
    result.mutable_data<float>()[i] = static_cast<float>(value);
  }
  return result;
}

void fill(Module& network) {
  for (const StateEntry& entry : network.state_dict()) {
    if (!is_floating(entry.tensor.dtype())) continue;
    const Shape shape = file_shape(entry.tensor.shape(), entry.layout);
    Tensor(entry.tensor).copy_(from_file(value_of(entry.name, shape), entry.layout));
  }
}

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
  Vgg16Options options = read(Vgg16Options{.height = c.at("input")[1], .width = c.at("input")[2], .dropout = 0});
  read_option(c, "hidden", options.hidden, name);
  return std::make_unique<Vgg16>(options);
}

void expect_near(const Numbers& actual, const Numbers& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  ASSERT_GT(largest, 0);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], tolerance * largest) << "element " << i;
}

Numbers numbers_of(const Tensor& tensor) { return tensor.to(DType::f64).to_vector<double>(); }

double norm_of(const Tensor& tensor) {
  double squares = 0;
  for (const double value : numbers_of(tensor)) squares += value * value;
  return std::sqrt(squares);
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
    fill(*network);
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
