#include "fovea/autograd/ops/arithmetic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match;
using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{}, {1}, {17}, {2, 3, 5}, {3, 1, 2, 7}, {0, 4}};

struct Binary {
  const char* name;
  std::function<Variable(const Variable&, const Variable&)> run;
  std::function<double(double, double)> oracle;
};
const Binary kBinaries[] = {
    {"add", add, [](double a, double b) { return a + b; }},
    {"subtract", subtract, [](double a, double b) { return a - b; }},
    {"multiply", multiply, [](double a, double b) { return a * b; }},
};

TEST(Arithmetic, ForwardIsTheFormula) {
  for (const Binary& op : kBinaries)
    for (const Shape& shape : kShapes) {
      const Tensor a = uniform(shape, 1), b = uniform(shape, 2);
      std::vector<double> expected;
      for (std::int64_t i = 0; i < shape.numel(); ++i) expected.push_back(op.oracle(a.data<double>()[i], b.data<double>()[i]));
      const Variable y = op.run(Variable(a), Variable(b));
      EXPECT_EQ(y.shape(), shape);
      EXPECT_EQ(y.value().to_vector<double>(), expected) << op.name << shape.to_string();
    }
}

TEST(Arithmetic, Gradients) {
  for (const Binary& op : kBinaries)
    for (const Shape& shape : kShapes)
      EXPECT_TRUE(gradients_match([&](const auto& in) { return op.run(in[0], in[1]); }, {uniform(shape, 1), uniform(shape, 2)}))
          << op.name << shape.to_string();
}

TEST(Arithmetic, F32FollowsF64) {
  for (const Binary& op : kBinaries)
    for (const Shape& shape : kShapes)
      EXPECT_TRUE(test::f32_follows_f64([&](const auto& in) { return op.run(in[0], in[1]); }, {uniform(shape, 1), uniform(shape, 2)}))
          << op.name << shape.to_string();
}

TEST(Arithmetic, ExactOnIntegersInF32) {
  const Shape shape{5, 13};
  for (const Binary& op : kBinaries) {
    const Tensor a = test::integers(shape, 1), b = test::integers(shape, 2);
    EXPECT_EQ(test::values_of(op.run(Variable(a.to(DType::f32)), Variable(b.to(DType::f32))).value()),
              test::values_of(op.run(Variable(a), Variable(b)).value()))
        << op.name;
  }
}

TEST(Arithmetic, RefusesWhatDoesNotFit) {
  const Variable a(Tensor::zeros({2, 3})), other_shape(Tensor::zeros({3, 2})), other_type(Tensor::zeros({2, 3}, DType::f64)),
      integer(Tensor::zeros({2, 3}, DType::i64));
  for (const Binary& op : kBinaries) {
    const std::string name = std::string("[") + op.name + "] ";
    EXPECT_THAT([&] { op.run(a, other_shape); },
                ThrowsMessage<ShapeError>(HasSubstr(name + "the second input has shape [3,2], expected [2,3]")));
    EXPECT_THAT([&] { op.run(a, other_type); }, ThrowsMessage<ShapeError>(HasSubstr(name + "the second input has type f64, expected f32")));
    EXPECT_THAT([&] { op.run(integer, integer); }, ThrowsMessage<ShapeError>(HasSubstr(name + "wants f32, f64 or bf16, found i64")));
    EXPECT_THAT([&] { op.run(a, {}); }, ThrowsMessage<ShapeError>(HasSubstr(name + "input 1 is undefined")));
    EXPECT_THAT([&] { op.run({}, a); }, ThrowsMessage<ShapeError>(HasSubstr(name + "input 0 is undefined")));
  }
}

TEST(Arithmetic, OperatorsAreTheFunctions) {
  const Variable a(uniform({4}, 1)), b(uniform({4}, 2));
  EXPECT_TRUE(test::identical((a + b).value(), add(a, b).value()));
  EXPECT_TRUE(test::identical((a - b).value(), subtract(a, b).value()));
  EXPECT_TRUE(test::identical((a * b).value(), multiply(a, b).value()));
  EXPECT_TRUE(test::identical((3.0 * a).value(), affine(a, 3).value()));
  EXPECT_TRUE(test::identical((-a).value(), affine(a, -1).value()));
}

TEST(Arithmetic, TheSameVariableTwice) {
  EXPECT_TRUE(gradients_match([](const auto& in) { return in[0] * in[0] - in[0]; }, {uniform({3, 5}, 1)}));
}

TEST(Affine, ForwardAndGradients) {
  for (const Shape& shape : kShapes) {
    const Tensor x = uniform(shape, 1);
    std::vector<double> expected;
    for (const double value : x.span<double>()) expected.push_back(-2.5 * value + 0.75);
    EXPECT_EQ(affine(Variable(x), -2.5, 0.75).value().to_vector<double>(), expected);
    const auto f = [](const auto& in) { return affine(in[0], -2.5, 0.75); };
    EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(Affine, RefusesIntegersAndUndefined) {
  EXPECT_THAT([] { affine(Variable(Tensor::zeros({2}, DType::u8)), 2); },
              ThrowsMessage<ShapeError>(HasSubstr("[affine] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([] { affine({}, 2); }, ThrowsMessage<ShapeError>(HasSubstr("[affine] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
