#include "fovea/autograd/ops/gather.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape x, index;
  int axis;
};

const Case kCases[] = {
    {{5}, {7}, 0},
    {{2, 3, 4}, {2, 3, 6}, 2},
    {{2, 3, 4}, {2, 1, 4}, 1},
    {{2, 3, 4}, {5, 3, 4}, -3},
    {{3, 4, 70}, {3, 2, 70}, 1},
    {{0, 3, 2}, {0, 5, 2}, 1},
    {{2, 3, 2}, {2, 0, 2}, 1},
};

Tensor random_index(const Shape& shape, std::int64_t extent) {
  RandomStream stream(9);
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(extent))));
  return Tensor::from(values, shape);
}

/// body(element of the index and of what has its shape, element of x that it names)
template <class Body>
void for_each_pair(const Case& c, const Tensor& index, Body body) {
  const int axis = c.axis < 0 ? c.axis + c.x.rank() : c.axis;
  std::int64_t inner = 1;
  for (int behind = axis + 1; behind < c.x.rank(); ++behind) inner *= c.x[behind];
  for (std::int64_t i = 0; i < index.numel(); ++i)
    body(static_cast<std::size_t>(i),
         static_cast<std::size_t>((i / (inner * index.extent(axis)) * c.x[axis] + index.data<std::int64_t>()[i]) * inner + i % inner));
}

TEST(Gather, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), source = uniform(c.index, 2), index = random_index(c.index, c.x.at(c.axis));
    std::vector<double> gathered(static_cast<std::size_t>(c.index.numel())), added = x.to_vector<double>(), assigned = added;
    for_each_pair(c, index, [&](std::size_t small, std::size_t large) {
      gathered[small] = x.data<double>()[large];
      added[large] += source.data<double>()[small];
      assigned[large] = source.data<double>()[small];
    });
    EXPECT_TRUE(test::identical(gather(Variable(x), c.axis, index).value(), Tensor::from(gathered, c.index))) << c.x.to_string();
    EXPECT_TRUE(test::identical(scatter_add(Variable(x), c.axis, index, Variable(source)).value(), Tensor::from(added, c.x)))
        << c.x.to_string();
    EXPECT_TRUE(test::identical(scatter(Variable(x), c.axis, index, Variable(source)).value(), Tensor::from(assigned, c.x)))
        << c.x.to_string();
  }
}

TEST(Gather, Gradients) {
  for (const Case& c : kCases) {
    const Tensor index = random_index(c.index, c.x.at(c.axis));
    const auto take = [&](const auto& in) { return gather(in[0], c.axis, index); };
    const auto add = [&](const auto& in) { return scatter_add(in[0], c.axis, index, in[1]); };
    const auto assign = [&](const auto& in) { return scatter(in[0], c.axis, index, in[1]); };
    EXPECT_TRUE(gradients_match(take, {uniform(c.x, 1)})) << c.x.to_string();
    EXPECT_TRUE(gradients_match(add, {uniform(c.x, 1), uniform(c.index, 2)})) << c.x.to_string();
    EXPECT_TRUE(gradients_match(assign, {uniform(c.x, 1), uniform(c.index, 2)})) << c.x.to_string();
    EXPECT_TRUE(f32_follows_f64(take, {uniform(c.x, 1)})) << c.x.to_string();
    EXPECT_TRUE(f32_follows_f64(assign, {uniform(c.x, 1), uniform(c.index, 2)})) << c.x.to_string();
  }
}

TEST(Gather, SelectsWholeEntries) {
  const Tensor index = Tensor::from(std::vector<std::int64_t>{2, 0, 2}, {3});
  const Variable x(test::f32({1, 2, 3, 4, 5, 6}, {2, 3}), true);
  const Variable y = index_select(x, -1, index);
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(3, 1, 3, 6, 4, 6));
  backward(y, test::f32({1, 10, 100, 1, 10, 100}, {2, 3}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(10, 0, 101, 10, 0, 101));
  EXPECT_TRUE(gradients_match([&](const auto& in) { return index_select(in[0], 1, index); }, {uniform({2, 4, 3}, 1)}));
  EXPECT_THAT([&] { index_select(x, 0, Tensor::zeros({2}, DType::f32)); },
              ThrowsMessage<ShapeError>(HasSubstr("[index_select] wants an index [K] of type i64, found f32 [2]")));
}

TEST(Gather, AnIndexThatChangedIsFoundOut) {
  const Variable x(uniform({3, 2}, 1), true);
  Tensor index = random_index({4, 2}, 3);
  const Variable y = gather(x, 0, index);
  index.fill_(0);
  EXPECT_THAT([&] { backward(y, uniform({4, 2}, 2)); }, ThrowsMessage<Error>(HasSubstr("gather")));
}

TEST(Gather, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3}));
  const auto index = [](const Shape& shape, double value = 0) { return Tensor::full(shape, value, DType::i64); };
  EXPECT_THAT(
      [&] {
        gather(x, 1, index({2, 3}, 3));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[gather] index 3 is not within the 3 entries of axis 1 of [2,3]")));
  EXPECT_THAT([&] { gather(x, 1, index({2, 3}, -1)); }, ThrowsMessage<ShapeError>(HasSubstr("[gather] index -1 is not within")));
  EXPECT_THAT(
      [&] {
        gather(x, 1, index({3, 3}));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[gather] index [3,3] and result [3,3] do not fit [2,3] along axis 1")));
  EXPECT_THAT(
      [&] {
        gather(x, 1, Tensor::zeros({2, 3}, DType::i32));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[gather] wants an index of type i64, found i32")));
  EXPECT_THAT([&] { gather(x, 1, {}); }, ThrowsMessage<ShapeError>(HasSubstr("found none")));
  EXPECT_THAT([&] { gather(x, 2, index({2, 3})); }, ThrowsMessage<ShapeError>(HasSubstr("[gather] there is no axis 2 of 2")));
  EXPECT_THAT(
      [&] {
        scatter_add(x, 1, index({2, 2}), Variable(Tensor::zeros({2, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[scatter_add] index [2,2] and source [2,3] do not fit [2,3] along axis 1")));
  EXPECT_THAT(
      [&] {
        scatter(x, 1, index({2, 2}), Variable(Tensor::zeros({2, 2}, DType::f64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[scatter] the source has type f64, expected f32")));
}

}  // namespace
}  // namespace fovea
