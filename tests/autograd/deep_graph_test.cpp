// Graphs of a million nodes: the walk back and the release are loops, not recursions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

constexpr int kDepth = 1'000'000;

Variable chain_from(const Variable& x, int depth) {
  const Variable one(Tensor::full({}, 1, DType::f64));
  Variable y = x;
  for (int i = 0; i < depth; ++i) y = y + one;
  return y;
}

/// Runs `body` on a thread with a stack of 256 KiB, where a recursion of a few thousand calls would already crash.
void on_a_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread{};
  const auto entry = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, entry, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(DeepGraph, BackwardAndReleaseOfAMillionAdditions) {
  on_a_small_stack([] {
    const Variable x(Tensor::full({}, 0, DType::f64), true);
    const Variable y = chain_from(x, kDepth);
    EXPECT_EQ(y.item(), kDepth);
    backward(y);
    EXPECT_EQ(x.grad().item(), 1);
  });
}

TEST(DeepGraph, ReleaseWithoutABackwardPass) {
  on_a_small_stack([] {
    const Variable x(Tensor::full({}, 0, DType::f64), true);
    Variable y = chain_from(x, kDepth / 2);
    y = {};
    EXPECT_FALSE(x.grad().defined());
  });
}

TEST(DeepGraph, ReleaseOfDiamondsInARow) {
  on_a_small_stack([] {
    const Variable x(Tensor::full({}, 0, DType::f64), true);
    Variable y = x;
    for (int i = 0; i < kDepth / 10; ++i) y = y + y;  // both edges lead to the same node
    y = {};
    EXPECT_FALSE(x.grad().defined());
  });
}

TEST(DeepGraph, RetainedAndThenReleased) {
  on_a_small_stack([] {
    const Variable x(Tensor::full({}, 0, DType::f64), true);
    const Variable y = chain_from(x, kDepth / 10);
    backward(y, {}, {.retain_graph = true});
    EXPECT_EQ(x.grad().item(), 1);
  });
}

}  // namespace
}  // namespace fovea
