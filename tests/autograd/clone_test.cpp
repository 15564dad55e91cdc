#include "fovea/autograd/ops/clone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;

TEST(Clone, CopiesTheValueIntoMemoryOfItsOwn) {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3, 5}, Shape{0, 4}}) {
    const Variable x(uniform(shape, 1), true);
    const Variable y = clone(x);
    EXPECT_TRUE(test::identical(y.value(), x.value()));
    EXPECT_FALSE(y.value().shares_storage_with(x.value()));
    const auto f = [](const auto& in) { return clone(in[0]); };
    EXPECT_TRUE(test::gradients_match(f, {x.value()})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x.value()})) << shape.to_string();
  }
}

TEST(Clone, ChangingTheCopyInPlaceDoesNotTouchTheOriginal) {
  const Variable x(Tensor::full({3}, 2, DType::f64), true);
  const Variable y = clone(x);
  Tensor copy = y.value();
  copy.fill_(5);
  EXPECT_THAT(x.value().to_vector<double>(), testing::Each(2));
  backward(sum(x * x));  // x was saved, and is unchanged
  EXPECT_THAT(x.grad().to_vector<double>(), testing::Each(4));
}

TEST(Clone, PassesGradientsOnWhereDetachStopsThem) {
  const Variable x(uniform({3}, 1), true);
  backward(sum(clone(x)));
  EXPECT_THAT(x.grad().to_vector<double>(), testing::Each(1));

  const Variable y = x.detach();
  EXPECT_FALSE(y.requires_grad());
  EXPECT_TRUE(y.value().shares_storage_with(x.value()));
  EXPECT_FALSE(clone(y).requires_grad());  // detach and clone: own memory, no history
  EXPECT_FALSE(clone(y).value().shares_storage_with(x.value()));
}

TEST(Clone, CopiesIntegersToo) {
  const Variable x(Tensor::from<std::int64_t>({3, -1, 4}, {3}));
  EXPECT_TRUE(test::identical(clone(x).value(), x.value()));
  EXPECT_THROW(clone({}), ShapeError);
}

}  // namespace
}  // namespace fovea
