#include "fovea/autograd/ops/slice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/concat.hpp"
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
  int axis;
  std::int64_t begin, end;
};

const Case kCases[] = {
    {{5}, 0, 1, 4},           {{2, 3, 4, 5}, 0, 1, 2}, {{2, 3, 4, 5}, 1, 0, 2}, {{2, 3, 4, 5}, 2, 3, 4},
    {{2, 3, 4, 5}, -1, 1, 5}, {{1, 6, 4}, 1, 2, 5},    {{2, 3}, 1, 1, 1},       {{2, 3}, 0, 0, 2},
    {{700, 3, 2}, -2, 1, 3},  {{0, 3, 4}, 2, 1, 3},    {{2, 3, 0}, 1, 1, 2},    {{1, 1, 7, 1}, -2, 6, 7},
};

Tensor oracle(const Tensor& x, int axis, std::int64_t begin, std::int64_t end) {
  if (axis < 0) axis += x.rank();
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  std::int64_t inner = 1;
  for (int behind = axis + 1; behind < x.rank(); ++behind) inner *= x.extent(behind);
  std::vector<double> values;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const std::int64_t place = i / inner % x.extent(axis);
    if (place >= begin && place < end) values.push_back(x.data<double>()[i]);
  }
  extents[static_cast<std::size_t>(axis)] = end - begin;
  return Tensor::from(values, Shape(extents));
}

TEST(Slice, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.shape, 1);
    EXPECT_TRUE(test::identical(slice(Variable(x), c.axis, c.begin, c.end).value(), oracle(x, c.axis, c.begin, c.end)))
        << c.shape.to_string() << c.axis;
  }
}

TEST(Slice, Gradients) {
  for (const Case& c : kCases) {
    if (c.shape.numel() > 500) continue;
    const auto f = [&](const auto& in) { return slice(in[0], c.axis, c.begin, c.end); };
    EXPECT_TRUE(gradients_match(f, {uniform(c.shape, 1)})) << c.shape.to_string() << c.axis;
    EXPECT_TRUE(f32_follows_f64(f, {uniform(c.shape, 1)})) << c.shape.to_string() << c.axis;
  }
}

TEST(Slice, LeadingEntriesAreAView) {
  const Tensor x = uniform({1, 4, 2, 3}, 1);
  EXPECT_TRUE(slice(Variable(x), 1, 1, 3).value().shares_storage_with(x));
  EXPECT_FALSE(slice(Variable(x), 2, 0, 1).value().shares_storage_with(x));
}

TEST(Slice, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3, 4}));
  EXPECT_THAT([&] { slice(x, 1, 1, 4); },
              ThrowsMessage<ShapeError>(HasSubstr("[slice] entries [1, 4) are not all within axis 1 of [2,3,4]")));
  EXPECT_THAT([&] { slice(x, -1, -1, 2); }, ThrowsMessage<ShapeError>(HasSubstr("entries [-1, 2) are not all within axis 2")));
  EXPECT_THROW(slice(x, 0, 2, 1), ShapeError);
  EXPECT_THAT([&] { slice(x, 3, 0, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[slice] there is no axis 3 of 3")));
  EXPECT_THAT([&] { slice({}, 0, 0, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[slice] input 0 is undefined")));
}

TEST(Split, PartsAreSlices) {
  for (const int axis : {0, 1, 2, -1}) {
    const Tensor x = uniform({3, 6, 4, 5}, 1);
    const std::int64_t rest = x.extent(axis) - 1;
    const std::vector<Variable> parts = split(Variable(x), axis, {1, 0, rest});
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_TRUE(test::identical(parts[0].value(), oracle(x, axis, 0, 1)));
    EXPECT_TRUE(test::identical(parts[1].value(), oracle(x, axis, 1, 1)));
    EXPECT_TRUE(test::identical(parts[2].value(), oracle(x, axis, 1, rest + 1)));
  }
}

TEST(Split, Gradients) {
  for (const Shape& shape : {Shape{6}, Shape{2, 6, 3}, Shape{1, 6, 2}, Shape{0, 6, 2}}) {
    const int axis = shape.rank() == 1 ? 0 : 1;
    const auto all = [&](const auto& in) {
      const auto parts = split(in[0], axis, {2, 1, 3});
      return concat({parts[2], 2.0 * parts[0], parts[1] * parts[1]}, axis);
    };
    const auto some = [&](const auto& in) { return split(in[0], axis, {2, 1, 3})[1]; };  // the others' gradients are zero
    EXPECT_TRUE(gradients_match(all, {uniform(shape, 1)})) << shape.to_string();
    EXPECT_TRUE(gradients_match(some, {uniform(shape, 1)})) << shape.to_string();
    EXPECT_TRUE(f32_follows_f64(all, {uniform(shape, 1)})) << shape.to_string();
  }
}

TEST(Split, EqualParts) {
  const Variable x(test::f32({1, 2, 3, 4, 5, 6, 7, 8}, {2, 4}));
  const auto halves = split_evenly(x, -1, 2);
  EXPECT_THAT(halves[0].value().to_vector<float>(), ElementsAre(1, 2, 5, 6));
  EXPECT_THAT(halves[1].value().to_vector<float>(), ElementsAre(3, 4, 7, 8));
  EXPECT_THAT([&] { split_evenly(x, 1, 3); },
              ThrowsMessage<ShapeError>(HasSubstr("[split] axis 1 of [2,4] cannot be cut into 3 equal parts")));
  EXPECT_THROW(split_evenly(x, 1, 0), ShapeError);
}

TEST(Split, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 4}));
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{1, 2}, {1, 4}, {5, -1}, {}})
    EXPECT_THAT([&] { split(x, 1, sizes); }, ThrowsMessage<ShapeError>(HasSubstr("do not add up to axis 1 of [2,4]")));
  EXPECT_THROW(split(x, 2, {1}), ShapeError);
}

TEST(ConcatAxis, IsTheInverseOfSplit) {
  const Tensor x = uniform({3, 6, 4, 5}, 1);
  for (const int axis : {0, 1, 2, 3, -2}) {
    const std::int64_t extent = x.extent(axis);
    EXPECT_TRUE(test::identical(concat(split(Variable(x), axis, {1, extent - 1}), axis).value(), x)) << axis;
  }
}

TEST(ConcatAxis, Gradients) {
  const struct {
    Shape a, b;
    int axis;
  } cases[] = {{{2, 3, 4}, {1, 3, 4}, 0},
               {{2, 3, 4}, {2, 5, 4}, 1},
               {{2, 3, 4}, {2, 3, 1}, 2},
               {{2, 0, 4}, {2, 5, 4}, -2},
               {{0, 2, 3}, {0, 1, 3}, 1}};
  for (const auto& [a, b, axis] : cases) {
    const auto f = [axis = axis](const auto& in) { return concat(in, axis); };
    EXPECT_TRUE(gradients_match(f, {uniform(a, 1), uniform(b, 2)})) << a.to_string() << axis;
    EXPECT_TRUE(f32_follows_f64(f, {uniform(a, 1), uniform(b, 2)})) << a.to_string() << axis;
  }
}

TEST(ConcatAxis, RefusesWhatDoesNotFit) {
  const Variable a(Tensor::zeros({2, 3, 4})), b(Tensor::zeros({2, 2, 4}));
  EXPECT_THAT(
      [&] {
        concat({a, b}, 0);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[concat] input 1 has shape [2,2,4], but all axes except 0 are to be as in input 0")));
  EXPECT_THAT([&] { concat({a, b}, 3); }, ThrowsMessage<ShapeError>(HasSubstr("[concat] there is no axis 3 of 3")));
}

}  // namespace
}  // namespace fovea
