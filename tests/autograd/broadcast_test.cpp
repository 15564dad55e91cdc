#include "fovea/autograd/ops/broadcast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Pair {
  Shape a, b, result;
};

const Pair kPairs[] = {
    {{2, 3, 5, 4}, {2, 1, 1, 4}, {2, 3, 5, 4}},  // gates
    {{2, 3, 5, 17}, {17}, {2, 3, 5, 17}},        // channels
    {{2, 3, 5, 4}, {2, 3, 5, 1}, {2, 3, 5, 4}},  // a factor per pixel
    {{3, 2, 2, 4}, {3, 1, 1, 1}, {3, 2, 2, 4}},  // a factor per image
    {{2, 3, 4}, {1}, {2, 3, 4}},                 // a scalar
    {{2, 3, 4}, {}, {2, 3, 4}},
    {{1, 3, 1, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},  // the smaller first, repeated in two places
    {{2, 1, 4}, {1, 3, 1}, {2, 3, 4}},           // both are repeated
    {{5, 1}, {1, 7}, {5, 7}},
    {{2, 3, 4, 5}, {1, 3, 4, 5}, {2, 3, 4, 5}},  // the batch
    {{0, 3, 4}, {1, 1, 4}, {0, 3, 4}},           // empty batch
    {{2, 3, 0}, {2, 1, 1}, {2, 3, 0}},
};

/// The element of `x` that meets element `index` of `shape`.
double at(const Tensor& x, const Shape& shape, std::int64_t index) {
  std::int64_t own = 0, step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const std::int64_t place = index % shape[axis];
    index /= shape[axis];
    const int x_axis = axis - (shape.rank() - x.rank());
    if (x_axis < 0) continue;
    own += (x.extent(x_axis) == 1 ? 0 : place) * step;
    step *= x.extent(x_axis);
  }
  return x.data<double>()[own];
}

struct Binary {
  const char* name;
  Variable (*run)(const Variable&, const Variable&);
  double (*value)(double, double);
};
const Binary kBinaries[] = {
    {"add", [](const Variable& a, const Variable& b) { return add(a, b); }, [](double a, double b) { return a + b; }},
    {"subtract", subtract, [](double a, double b) { return a - b; }},
    {"multiply", multiply, [](double a, double b) { return a * b; }},
};

TEST(BroadcastArithmetic, ForwardIsTheDefinition) {
  for (const Binary& op : kBinaries)
    for (const Pair& pair : kPairs) {
      const Tensor a = uniform(pair.a, 1), b = uniform(pair.b, 2);
      std::vector<double> expected;
      for (std::int64_t i = 0; i < pair.result.numel(); ++i) expected.push_back(op.value(at(a, pair.result, i), at(b, pair.result, i)));
      EXPECT_TRUE(test::near(op.run(Variable(a), Variable(b)).value(), expected, pair.result, 1e-15))
          << op.name << pair.a.to_string() << pair.b.to_string();
      EXPECT_TRUE(test::near(
          op.run(Variable(b), Variable(a)).value().reshape(pair.result),
          [&] {
            for (std::size_t i = 0; i < expected.size(); ++i)
              expected[i] = op.value(at(b, pair.result, static_cast<std::int64_t>(i)), at(a, pair.result, static_cast<std::int64_t>(i)));
            return expected;
          }(),
          pair.result, 1e-15))
          << op.name << " turned round";
    }
}

TEST(BroadcastArithmetic, Gradients) {
  for (const Binary& op : kBinaries)
    for (const Pair& pair : kPairs) {
      const auto f = [&](const auto& in) { return op.run(in[0], in[1]); };
      EXPECT_TRUE(gradients_match(f, {uniform(pair.a, 1), uniform(pair.b, 2)})) << op.name << pair.a.to_string() << pair.b.to_string();
      EXPECT_TRUE(f32_follows_f64(f, {uniform(pair.a, 1), uniform(pair.b, 2)})) << op.name << pair.a.to_string() << pair.b.to_string();
    }
}

TEST(BroadcastArithmetic, GatesAreSharedByThePixelsOfAnImage) {
  const Variable x(test::f32({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 1, 2}), true), gates(test::f32({1, 10, 100, -1}, {2, 1, 1, 2}), true);
  const Variable y = x * gates;
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(1, 20, 3, 40, 500, -6, 700, -8));
  backward(y, Tensor::full(y.shape(), 1));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 10, 1, 10, 100, -1, 100, -1));
  EXPECT_THAT(gates.grad().to_vector<float>(), ElementsAre(4, 6, 12, 14));
}

TEST(BroadcastArithmetic, RefusesWhatDoesNotFit) {
  for (const Binary& op : kBinaries) {
    const std::string name = std::string("[") + op.name + "] ";
    const Variable x(Tensor::zeros({2, 3, 4}));
    EXPECT_THAT([&] { op.run(x, Variable(Tensor::zeros({3}))); },
                ThrowsMessage<ShapeError>(HasSubstr(name + "the second input has shape [3], expected [2,3,4]")));
    EXPECT_THROW(op.run(x, Variable(Tensor::zeros({4}, DType::f64))), ShapeError);
    EXPECT_THROW(op.run(Variable(Tensor::zeros({2, 3}, DType::i64)), Variable(Tensor::zeros({3}, DType::i64))), ShapeError);
  }
}

TEST(BroadcastTo, RepeatsAndSums) {
  const struct {
    Shape from, to;
  } cases[] = {{{4}, {2, 3, 4}}, {{2, 1, 4}, {2, 3, 4}}, {{1, 3, 1, 2}, {5, 3, 4, 2}},
               {{}, {2, 2}},     {{3, 1}, {3, 7}},       {{2, 1, 3, 1, 2, 1}, {2, 4, 3, 2, 2, 5}},
               {{2, 3}, {2, 3}}, {{1, 3}, {0, 3}}};
  for (const auto& [from, to] : cases) {
    const Tensor x = uniform(from, 1);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < to.numel(); ++i) expected.push_back(at(x, to, i));
    const auto f = [&](const auto& in) { return broadcast_to(in[0], to); };
    EXPECT_TRUE(test::identical(broadcast_to(Variable(x), to).value(), Tensor::from(expected, to))) << from.to_string() << to.to_string();
    EXPECT_TRUE(gradients_match(f, {x})) << from.to_string() << to.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {x})) << from.to_string() << to.to_string();
  }
}

TEST(BroadcastTo, RefusesWhatDoesNotFit) {
  const auto expect = [](const Shape& from, const Shape& to, const char* message) {
    EXPECT_THAT([&] { broadcast_to(Variable(Tensor::zeros(from)), to); }, ThrowsMessage<ShapeError>(HasSubstr(message)));
  };
  expect({3}, {2, 4}, "[broadcast_to] [3] cannot be repeated to [2,4]");
  expect({2, 4}, {4}, "[broadcast_to] [2,4] cannot be repeated to [4]");
  expect({2, 4}, {2, 1}, "[broadcast_to] [2,4] cannot be repeated to [2,1]");
  EXPECT_THAT([] { broadcast_to({}, Shape{2}); }, ThrowsMessage<ShapeError>(HasSubstr("[broadcast_to] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
