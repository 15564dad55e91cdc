#include "fovea/autograd/ops/concat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::vector<Shape>> kCases = {
    {{5}},                                         // one input, one axis
    {{3}, {4}},                                    // vectors
    {{2, 3, 5, 7}},                                // one image batch
    {{2, 3, 5, 7}, {2, 3, 5, 1}},                  // a single channel
    {{1, 4, 4, 33}, {1, 4, 4, 31}, {1, 4, 4, 1}},  // three
    {{2, 30, 31, 3}, {2, 30, 31, 2}},              // more than one block of rows
    {{0, 3, 5, 2}, {0, 3, 5, 4}},                  // empty batch
    {{2, 2, 2, 0}, {2, 2, 2, 3}, {2, 2, 2, 0}},    // some without channels
    {{2, 2, 2, 0}},                                // nothing at all
};

std::vector<Tensor> inputs_for(const std::vector<Shape>& shapes) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < shapes.size(); ++i) inputs.push_back(uniform(shapes[i], i + 1));
  return inputs;
}

/// The definition, element by element.
Tensor oracle(const std::vector<Tensor>& inputs) {
  std::int64_t channels = 0, rows = 1;
  for (const Tensor& x : inputs) channels += x.extent(-1);
  std::vector<std::int64_t> extents(inputs[0].shape().begin(), inputs[0].shape().end());
  extents.back() = channels;
  for (std::size_t axis = 0; axis + 1 < extents.size(); ++axis) rows *= extents[axis];
  std::vector<double> values;
  for (std::int64_t row = 0; row < rows; ++row)
    for (const Tensor& x : inputs)
      for (std::int64_t c = 0; c < x.extent(-1); ++c) values.push_back(x.data<double>()[row * x.extent(-1) + c]);
  return Tensor::from(values, Shape(extents));
}

TEST(Concat, ForwardIsTheDefinition) {
  for (const auto& shapes : kCases) {
    const std::vector<Tensor> inputs = inputs_for(shapes);
    const std::vector<Variable> variables(inputs.begin(), inputs.end());
    EXPECT_TRUE(test::identical(concat(variables).value(), oracle(inputs))) << shapes[0].to_string();
  }
}

TEST(Concat, Gradients) {
  for (const auto& shapes : kCases) {
    EXPECT_TRUE(test::gradients_match([](const auto& in) { return concat(in); }, inputs_for(shapes))) << shapes[0].to_string();
    EXPECT_TRUE(test::f32_follows_f64([](const auto& in) { return concat(in); }, inputs_for(shapes))) << shapes[0].to_string();
  }
}

TEST(Concat, EachInputGetsItsChannels) {
  const Variable a(test::f32({1, 2, 3, 4}, {2, 2}), true), b(test::f32({5, 6}, {2, 1}), true);
  const Variable y = concat({a, b});
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(1, 2, 5, 3, 4, 6));
  backward(y, test::f32({10, 20, 30, 40, 50, 60}, {2, 3}));
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(10, 20, 40, 50));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(30, 60));
}

TEST(Concat, AnInputGivenTwiceGetsTheSum) {
  const Variable a(test::f32({1, 2}, {1, 2}), true);
  backward(concat({a, a}), test::f32({1, 2, 10, 20}, {1, 4}));
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(11, 22));
}

TEST(Concat, InputsMayChangeAfterwards) {
  const Variable a(test::f32({1, 2}, {1, 2}), true), b(test::f32({3}, {1, 1}), true);
  const Variable y = concat({a, b});
  Tensor(b.value()).fill_(7);  // nothing is saved
  backward(y, test::f32({1, 2, 3}, {1, 3}));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(3));
}

TEST(Concat, RefusesInputsThatDoNotFit) {
  const auto zeros = [](const Shape& shape, DType dtype = DType::f32) { return Variable(Tensor::zeros(shape, dtype)); };
  const auto expect = [](const std::vector<Variable>& inputs, const char* message) {
    EXPECT_THAT([&] { concat(inputs); }, ThrowsMessage<ShapeError>(HasSubstr(message)));
  };
  expect({}, "[concat] wants at least one input");
  expect({zeros({})}, "[concat] wants at least one axis");
  expect({zeros({1, 4, 4, 3}), zeros({1, 4, 4, 2}), zeros({1, 4, 5, 3})},
         "[concat] input 2 has shape [1,4,5,3], but all axes except the last are to be as in input 0: [1,4,4,3]");
  expect({zeros({1, 4, 4, 3}), zeros({4, 4, 3})}, "[concat] input 1 has shape [4,4,3]");
  expect({zeros({2, 3}), zeros({2, 3}, DType::f64)}, "[concat] input 1 has type f64, expected f32");
  expect({zeros({2, 3}, DType::u8)}, "[concat] wants f32, f64 or bf16, found u8");
  expect({zeros({2, 3}), Variable()}, "[concat] input 1 is undefined");
}

}  // namespace
}  // namespace fovea
