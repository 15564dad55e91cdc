#include "fovea/autograd/ops/permute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape shape;
  std::vector<int> axes;
};

const Case kCases[] = {
    {{2, 3}, {1, 0}},
    {{2, 3, 5, 7}, {0, 3, 1, 2}},
    {{2, 3, 5, 7}, {0, 2, 3, 1}},
    {{2, 3, 5, 7}, {3, 2, 1, 0}},
    {{2, 3, 4, 5}, {0, 1, 3, 2}},
    {{40, 33}, {1, 0}},
    {{2, 70, 37}, {0, 2, 1}},
    {{3, 100, 2}, {0, 2, 1}},
    {{4, 2, 100}, {1, 0, 2}},
    {{2, 3, 2, 3, 2, 3}, {5, 0, 4, 1, 3, 2}},
    {{6}, {0}},
    {{}, {}},
    {{1, 5, 1, 4}, {2, 3, 0, 1}},
    {{0, 3, 2}, {2, 0, 1}},
    {{2, 3, 4}, {-1, 0, -2}},
    {{2, 3, 4}, {0, 1, 2}},
};

Tensor oracle(const Tensor& x, const std::vector<int>& named) {
  std::vector<std::int64_t> extents, steps;
  for (int axis : named) {
    if (axis < 0) axis += x.rank();
    extents.push_back(x.extent(axis));
    std::int64_t step = 1;
    for (int behind = axis + 1; behind < x.rank(); ++behind) step *= x.extent(behind);
    steps.push_back(step);
  }
  std::vector<double> values;
  const Shape shape(extents);
  for (std::int64_t i = 0; i < shape.numel(); ++i) {
    std::int64_t rest = i, source = 0;
    for (std::size_t axis = extents.size(); axis-- > 0; rest /= extents[axis]) source += rest % extents[axis] * steps[axis];
    values.push_back(x.data<double>()[source]);
  }
  return Tensor::from(values, shape);
}

TEST(Permute, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.shape, 1), expected = oracle(x, c.axes);
    EXPECT_TRUE(test::identical(permute(Variable(x), c.axes).value(), expected)) << c.shape.to_string();
    for (const DType dtype : {DType::f32, DType::bf16, DType::u8, DType::i64})
      EXPECT_TRUE(test::identical(permute(Variable(test::integers(c.shape, 1).to(dtype)), c.axes).value(),
                                  oracle(test::integers(c.shape, 1), c.axes).to(dtype)))
          << c.shape.to_string() << name_of(dtype);
  }
}

TEST(Permute, Gradients) {
  for (const Case& c : kCases) {
    if (c.shape.numel() > 500) continue;
    const auto f = [&](const auto& in) { return permute(in[0], c.axes); };
    EXPECT_TRUE(gradients_match(f, {uniform(c.shape, 1)})) << c.shape.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {uniform(c.shape, 1)})) << c.shape.to_string();
  }
}

TEST(Permute, TransposeSwapsTwoAxes) {
  const Variable x(uniform({2, 3, 4, 5}, 1));
  EXPECT_TRUE(test::identical(transpose(x, 1, -1).value(), permute(x, {0, 3, 2, 1}).value()));
  EXPECT_THAT([&] { transpose(x, 1, 4); }, ThrowsMessage<ShapeError>(HasSubstr("[transpose] there is no axis 4 of 4")));
}

TEST(Permute, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3, 4}));
  EXPECT_THAT([&] { permute(x, {0, 1}); }, ThrowsMessage<ShapeError>(HasSubstr("[permute] wants each axis of [2,3,4] once, found {0,1}")));
  EXPECT_THAT([&] { permute(x, {0, 1, 1}); }, ThrowsMessage<ShapeError>(HasSubstr("found {0,1,1}")));
  EXPECT_THAT([&] { permute(x, {0, 1, -2}); }, ThrowsMessage<ShapeError>(HasSubstr("found {0,1,-2}")));
  EXPECT_THAT([&] { permute(x, {0, 1, 2, 2}); }, ThrowsMessage<ShapeError>(HasSubstr("found {0,1,2,2}")));
  EXPECT_THAT([&] { permute(x, {0, 1, 3}); }, ThrowsMessage<ShapeError>(HasSubstr("[permute] there is no axis 3 of 3")));
  EXPECT_THAT([&] { permute({}, {0}); }, ThrowsMessage<ShapeError>(HasSubstr("[permute] input 0 is undefined")));
}

TEST(ChannelShuffle, TakesAChannelOfEachGroupByTurns) {
  const Variable x(test::f32({0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, {1, 1, 2, 6}));
  EXPECT_THAT(channel_shuffle(x, 2).value().to_vector<float>(), ElementsAre(0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15));
  EXPECT_THAT(channel_shuffle(x, 3).value().to_vector<float>(), ElementsAre(0, 2, 4, 1, 3, 5, 10, 12, 14, 11, 13, 15));
  EXPECT_TRUE(test::identical(channel_shuffle(x, 1).value(), x.value()));
  EXPECT_TRUE(test::identical(channel_shuffle(x, 6).value(), x.value()));
  EXPECT_TRUE(test::identical(channel_shuffle(channel_shuffle(x, 2), 3).value(), x.value()));
}

TEST(ChannelShuffle, Gradients) {
  for (const Shape& shape : {Shape{2, 3, 2, 12}, Shape{5, 24}, Shape{0, 2, 2, 12}}) {
    const auto f = [](const auto& in) { return channel_shuffle(in[0], 4); };
    EXPECT_TRUE(gradients_match(f, {uniform(shape, 1)})) << shape.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {uniform(shape, 1)})) << shape.to_string();
  }
}

TEST(ChannelShuffle, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        channel_shuffle(Variable(Tensor::zeros({1, 2, 2, 6})), 4);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[channel_shuffle] 4 groups do not divide the channels of [1,2,2,6]")));
  EXPECT_THROW(channel_shuffle(Variable(Tensor::zeros({6})), 0), ShapeError);
}

}  // namespace
}  // namespace fovea
