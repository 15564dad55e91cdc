// What the tape promises: which gradients arrive where, in what order, and what is kept and released.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Variable scalar(double value) { return Variable(Tensor::full({}, value, DType::f64), true); }

TEST(Tape, GradientsAddUpUntilCleared) {
  Variable x = scalar(3);
  EXPECT_FALSE(x.grad().defined());
  backward(x * x);
  EXPECT_EQ(x.grad().item(), 6);
  backward(x * x);
  backward(2.0 * x);
  EXPECT_EQ(x.grad().item(), 14);
  x.clear_grad();
  EXPECT_FALSE(x.grad().defined());
  backward(2.0 * x);
  EXPECT_EQ(x.grad().item(), 2);
}

TEST(Tape, BranchesOfADiamondAddUp) {
  const Variable x = scalar(2);
  const Variable a = x * x;               // 4, da/dx = 4
  const Variable b = 3.0 * a, c = a * a;  // db/da = 3, dc/da = 8
  backward(b * c + a);                    // d/da = 3 c + 8 b + 1 = 48 + 96 + 1
  EXPECT_EQ(x.grad().item(), 145 * 4);
}

TEST(Tape, ManyDiamondsInARowStayLinear) {
  // 2^60 paths, 60 nodes: an engine that walked paths would not return.
  const Variable x = scalar(1);
  Variable y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  backward(y);
  EXPECT_EQ(x.grad().item(), std::ldexp(1.0, 60));
}

TEST(Tape, AReassignedNameIsANewNode) {
  const Variable x = scalar(5);
  Variable y = x * x;
  const Variable before = y;
  y = 3.0 * y;
  y = y + before;
  EXPECT_EQ(before.item(), 25);
  EXPECT_EQ(y.item(), 100);
  backward(y);
  EXPECT_EQ(x.grad().item(), 40);
}

TEST(Tape, CopiesAreTheSameVariable) {
  const Variable x = scalar(2), same = x;
  backward(x * same);
  EXPECT_EQ(same.grad().item(), 4);
  EXPECT_EQ(x.grad().item(), 4);
}

TEST(Tape, InputsThatWantNoGradientGetNone) {
  const Variable x = scalar(2), constant(Tensor::full({}, 7, DType::f64));
  const Variable y = x * constant;
  EXPECT_TRUE(y.requires_grad());
  backward(y);
  EXPECT_EQ(x.grad().item(), 7);
  EXPECT_FALSE(constant.grad().defined());
  EXPECT_FALSE((constant + constant).requires_grad());
}

TEST(Tape, OnlyLeavesKeepGradients) {
  const Variable x = scalar(2), y = x * x;
  backward(y);
  EXPECT_FALSE(y.grad().defined());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(y.is_leaf());
}

TEST(Tape, UnusedBranchesAreNotVisited) {
  const Variable x = scalar(2), other = scalar(3);
  const Variable unused = other * x;
  backward(x * x);
  EXPECT_EQ(x.grad().item(), 4);
  EXPECT_FALSE(other.grad().defined());
  backward(unused);  // its part of the graph is untouched
  EXPECT_EQ(other.grad().item(), 2);
}

TEST(Tape, BackwardFromALeafIsTheSeed) {
  const Variable x(test::uniform({3}, 1), true);
  const Tensor seed = test::uniform({3}, 2);
  backward(x, seed);
  EXPECT_TRUE(test::identical(x.grad(), seed));
  EXPECT_FALSE(x.grad().shares_storage_with(seed));
}

TEST(Tape, LeafGradientsShareNoMemory) {
  const Variable x(test::uniform({3}, 1), true), y(test::uniform({3}, 2), true);
  const Tensor seed = Tensor::full({3}, 1, DType::f64);
  backward(x + y, seed);  // the addition hands the same tensor to both
  EXPECT_FALSE(x.grad().shares_storage_with(y.grad()));
  EXPECT_FALSE(x.grad().shares_storage_with(seed));
  EXPECT_FALSE(y.grad().shares_storage_with(seed));
  Tensor(x.grad()).fill_(9);
  EXPECT_THAT(y.grad().to_vector<double>(), Each(1));
  EXPECT_THAT(seed.to_vector<double>(), Each(1));
}

TEST(Tape, AddingToAGradientLeavesEarlierCopiesAlone) {
  const Variable x = scalar(1);
  backward(2.0 * x);
  const Tensor first = x.grad();
  backward(2.0 * x);
  EXPECT_EQ(first.item(), 2);
  EXPECT_EQ(x.grad().item(), 4);
}

TEST(Tape, TheSeedOfLargerOutputs) {
  const Variable x(Tensor::from<double>({1, 2, 3}, {3}), true);
  const Variable y = x * x;
  EXPECT_THAT([&] { backward(y); }, ThrowsMessage<ShapeError>(HasSubstr("backward from a variable of shape [3] wants a seed gradient")));
  EXPECT_THAT([&] { backward(y, Tensor::zeros({2}, DType::f64)); },
              ThrowsMessage<ShapeError>(HasSubstr("a seed of the same kind, found f64 [2]")));
  EXPECT_THAT([&] { backward(y, Tensor::zeros({3})); }, ThrowsMessage<ShapeError>(HasSubstr("a seed of the same kind, found f32 [3]")));
  backward(y, Tensor::from<double>({1, 10, 100}, {3}));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(2, 40, 600));
}

TEST(Tape, OneElementOfAnyRankNeedsNoSeed) {
  const Variable x(Tensor::full({1, 1}, 3, DType::f64), true);
  backward(x * x);
  EXPECT_EQ(x.grad().shape(), (Shape{1, 1}));
  EXPECT_EQ(x.grad().item(), 6);
}

TEST(Tape, BackwardWithoutHistoryIsAnError) {
  const Variable constant(Tensor::full({}, 1));
  EXPECT_THAT([&] { backward(constant); },
              ThrowsMessage<Error>(HasSubstr("backward wants a variable that was computed from one that requires a gradient")));
  EXPECT_THROW(backward({}), Error);
  const Variable x = scalar(2);
  const NoGradGuard no_grad;
  EXPECT_THROW(backward(x * x), Error);
}

TEST(NoGrad, RecordsNothing) {
  const Variable x = scalar(2);
  ASSERT_TRUE(grad_enabled());
  {
    const NoGradGuard outer;
    EXPECT_FALSE(grad_enabled());
    {
      const NoGradGuard inner;
      EXPECT_FALSE((x * x).requires_grad());
    }
    EXPECT_FALSE(grad_enabled());
    const Variable y = x * x;
    EXPECT_FALSE(y.requires_grad());
    EXPECT_TRUE(y.is_leaf());
  }
  EXPECT_TRUE(grad_enabled());
  EXPECT_TRUE((x * x).requires_grad());
}

TEST(NoGrad, CountsForItsOwnThread) {
  const NoGradGuard no_grad;
  bool elsewhere = false;
  std::thread([&] { elsewhere = grad_enabled(); }).join();
  EXPECT_TRUE(elsewhere);
}

TEST(NoGrad, BackwardWorksInside) {
  const Variable x = scalar(2), y = x * x;
  const NoGradGuard no_grad;
  backward(y);
  EXPECT_EQ(x.grad().item(), 4);
}

TEST(Detach, SharesMemoryAndStopsGradients) {
  const Variable x = scalar(3);
  const Variable y = x * x, cut = y.detach();
  EXPECT_TRUE(cut.value().shares_storage_with(y.value()));
  EXPECT_FALSE(cut.requires_grad());
  backward(cut * x);
  EXPECT_EQ(x.grad().item(), 9);  // and not 27
}

TEST(Tape, BuiltOnOneThreadAndRunOnAnother) {
  const Variable x = scalar(2);
  Variable y;
  std::thread([&] { y = x * x; }).join();
  Variable z;
  std::thread([&] { z = y * x; }).join();
  std::thread([&] { backward(z); }).join();
  EXPECT_EQ(x.grad().item(), 12);
}

TEST(Tape, GraphsOfSeveralThreadsDoNotMeet) {
  std::vector<double> gradients(8);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < gradients.size(); ++t)
    threads.emplace_back([&, t] {
      const Variable x = scalar(static_cast<double>(t));
      Variable y = x;
      for (int i = 0; i < 200; ++i) y = y + x;
      backward(y);
      gradients[t] = x.grad().item();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(gradients, Each(201));
}

TEST(Variable, RefusesWhatItCannotBe) {
  EXPECT_THAT([] { Variable(Tensor{}); }, ThrowsMessage<ShapeError>(HasSubstr("a variable wants a defined tensor")));
  EXPECT_THAT([] { Variable(Tensor::zeros({2}, DType::i64), true); },
              ThrowsMessage<ShapeError>(HasSubstr("only floating tensors have gradients, found i64")));
  const Variable x = scalar(2);
  Variable y = x * x;
  EXPECT_THAT([&] { y.set_requires_grad(false); }, ThrowsMessage<ShapeError>(HasSubstr("only leaves")));
  EXPECT_THAT([&] { y.set_value(Tensor::zeros({})); }, ThrowsMessage<ShapeError>(HasSubstr("only the value of a leaf")));
}

TEST(Variable, UndefinedOnesAreErrorsNotCrashes) {
  Variable undefined;
  EXPECT_FALSE(undefined.defined());
  EXPECT_FALSE(undefined.requires_grad());
  EXPECT_FALSE(undefined.grad().defined());
  EXPECT_NO_THROW(undefined.clear_grad());
  EXPECT_THAT([&] { undefined.value(); }, ThrowsMessage<ShapeError>(HasSubstr("an undefined variable has no value")));
  EXPECT_THAT([&] { undefined.mutable_grad(); }, ThrowsMessage<ShapeError>(HasSubstr("an undefined variable has no gradient")));
  EXPECT_THROW(undefined.detach(), ShapeError);
  EXPECT_THROW(undefined.set_requires_grad(false), ShapeError);
  EXPECT_THROW(undefined.set_requires_grad(true), ShapeError);
  EXPECT_THROW(undefined.set_value(Tensor::zeros({2})), ShapeError);
}

TEST(Variable, SetValueReplacesTheTensorOfALeaf) {
  Variable x = scalar(2);
  const Variable y = x * x;
  x.set_value(Tensor::full({}, 5, DType::f64));
  EXPECT_EQ(x.item(), 5);
  backward(y);
  EXPECT_EQ(x.grad().item(), 4);  // of the values that y was computed from
  EXPECT_THROW(x.set_value({}), ShapeError);
  EXPECT_THAT([&] { x.set_value(Tensor::zeros({}, DType::u8)); },
              ThrowsMessage<ShapeError>(HasSubstr("wants a floating tensor, found u8")));
}

TEST(Variable, AGradientOfAnotherShapeIsRefused) {
  Variable x(test::uniform({3}, 1), true);
  x.mutable_grad() = Tensor::zeros({2}, DType::f64);
  EXPECT_THAT([&] { backward(sum(x)); }, ThrowsMessage<ShapeError>(AllOf(HasSubstr("f64 [2]"), HasSubstr("f64 [3]"))));
}

}  // namespace
}  // namespace fovea
