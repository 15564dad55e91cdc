// What a backward pass keeps in memory, and whose memory results and gradients may take over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/base/error.hpp"
#include "fovea/tensor/storage.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

constexpr std::int64_t kRows = 32768, kColumns = 8;
constexpr std::size_t kActivation = kRows * kColumns * sizeof(float);  // 1 MiB

Tensor activation() { return Tensor::full({kRows, kColumns}, 1); }

/// Bytes by which a backward pass from `y` goes above what is in use when it begins.
std::size_t rise_of_backward(const Variable& y, const Tensor& seed) {
  allocator_of({}).reset_peak();
  const std::size_t before = memory_statistics().current;
  backward(y, seed);
  return memory_statistics().peak - before;
}

Variable chain_of(const Variable& x, int depth, const std::function<Variable(const Variable&)>& layer) {
  Variable y = x;
  for (int i = 0; i < depth; ++i) y = layer(y);
  return y;
}

TEST(BackwardMemory, AConvolutionsGradientTakesThePlaceOfItsInput) {
  const Variable weight(Tensor::full({kColumns, kColumns}, 0.1), true);
  const Variable filter(Tensor::full({kColumns, 1, 1, kColumns}, 0.1), true);
  const Tensor seed = activation();
  const auto by_linear = [&](const Variable& x) { return linear(x, weight, {}); };
  const auto by_conv2d = [&](const Variable& x) {
    return reshape(conv2d(reshape(x, {1, kRows, 1, kColumns}), filter, {}), {kRows, kColumns});
  };
  for (const auto& layer : {std::function<Variable(const Variable&)>(by_linear), std::function<Variable(const Variable&)>(by_conv2d)}) {
    backward(chain_of(Variable(activation(), true), 1, layer), seed);  // the scratch grows to its size
    const Variable y = chain_of(Variable(activation(), true), 20, layer);
    EXPECT_LE(rise_of_backward(y, seed), kActivation / 2);
  }
}

TEST(BackwardMemory, ADeepChainStaysBounded) {
  const Variable factor(activation());
  const Tensor seed = activation();
  const std::size_t start = memory_statistics().current;
  {
    const Variable y = chain_of(Variable(activation(), true), 40, [&](const Variable& x) { return relu(x * factor); });
    EXPECT_GE(memory_statistics().current, start + 40 * kActivation);
    EXPECT_LE(rise_of_backward(y, seed), 2 * kActivation);
    EXPECT_LE(memory_statistics().current, start + 4 * kActivation) << "input, its gradient, output";
  }
  EXPECT_EQ(memory_statistics().current, start);
}

TEST(BackwardMemory, AGradientThatIsHandedThroughIsNotCopiedForTheLeaf) {
  const Tensor seed = activation();
  const Variable x(activation(), true);
  const Variable y = 3.0 * reshape(x, {kColumns, kRows}) + Variable(Tensor::zeros({kColumns, kRows}));
  EXPECT_LE(rise_of_backward(y, seed.reshape({kColumns, kRows})), kActivation * 3 / 2);
}

TEST(BackwardMemory, WhatTheBackwardPassConsumesStaysWithAKeptGraph) {
  const Variable x(test::uniform({6, 4}, 1), true), weight(test::uniform({3, 4}, 2), true);
  const Tensor seed = test::uniform({6, 3}, 3);
  const Variable y = linear(x, weight, {});
  backward(y, seed, {.retain_graph = true});
  const Tensor once = x.grad().clone(), weight_once = weight.grad().clone();
  Variable(x).clear_grad();
  Variable(weight).clear_grad();
  backward(y, seed);
  EXPECT_TRUE(test::identical(x.grad(), once));
  EXPECT_TRUE(test::identical(weight.grad(), weight_once));
}

/// conv2d 1x1, batch norm and relu: [1, kRows, 1, kColumns] to the same shape, once or with a shortcut around them.
struct NormalizedLayer {
  Variable filter{Tensor::from(test::random_values<float>(kColumns * kColumns, 7), {kColumns, 1, 1, kColumns}), true};
  Variable gamma{Tensor::full({kColumns}, 1.5), true}, beta{Tensor::full({kColumns}, 0.1), true};
  bool has_shortcut = false;

  Variable operator()(const Variable& x) const {
    return batch_norm_activation(conv2d(x, filter, {}), gamma, beta, has_shortcut ? x : Variable{}).output;
  }
};

Tensor image() { return Tensor::from(test::random_values<float>(kRows * kColumns, 3), {1, kRows, 1, kColumns}); }

TEST(BackwardMemory, ALayerOfConvolutionNormAndReluKeepsOneTensor) {
  constexpr int kDepth = 12;
  for (const bool has_shortcut : {false, true}) {
    NormalizedLayer layer;
    layer.has_shortcut = has_shortcut;
    const Tensor seed = image();
    backward(chain_of(Variable(image(), true), 1, layer), seed);  // the scratch grows to its size, the leaves get their gradients
    const Variable x(image(), true);
    const std::size_t start = memory_statistics().current;
    const Variable y = chain_of(x, kDepth, layer);
    const std::size_t kept = memory_statistics().current - start;
    const std::size_t per_layer = (has_shortcut ? 2 : 1) * kActivation;  // what the convolution gave; with a shortcut the sum too
    EXPECT_GE(kept, kDepth * per_layer);
    EXPECT_LE(kept, kDepth * per_layer + kActivation * 3 / 2) << "beside them the last result";
    EXPECT_LE(rise_of_backward(y, seed), 3 * kActivation);
    EXPECT_LE(memory_statistics().current, start + 5 * kActivation / 2) << "the gradient of x and y";
  }
}

TEST(BackwardMemory, AResultThatIsComputedAgainGivesTheSameGradients) {
  const NormalizedLayer layer;
  const Tensor seed = image(), input = image();
  const auto gradients = [&](const std::function<void(Variable&)>& between, bool keep_graph = false) {
    const Variable x(input, true), filter(layer.filter.value(), true);
    Variable middle = layer(x);
    const Variable y = conv2d(reshape(middle, {kRows / 2, 2, 1, kColumns}), filter, {});
    between(middle);
    const Tensor reshaped = seed.reshape(y.shape());
    if (keep_graph) {
      backward(y, reshaped, {.retain_graph = true});
      Variable(x).clear_grad();
      Variable(filter).clear_grad();
    }
    backward(y, reshaped);
    return std::pair{x.grad().clone(), filter.grad().clone()};
  };
  const auto held = gradients([](Variable&) {});
  for (const auto& [what, other] : {std::pair{"dropped", gradients([](Variable& middle) { middle = {}; })},
                                    std::pair{"overwritten", gradients([](Variable& middle) { Tensor(middle.value()).fill_(7); })},
                                    std::pair{"computed twice", gradients([](Variable& middle) { middle = {}; }, true)}}) {
    EXPECT_TRUE(test::identical(other.first, held.first)) << what;
    EXPECT_TRUE(test::identical(other.second, held.second)) << what;
  }
}

TEST(BackwardMemory, WhatAResultIsComputedAgainFromMustNotChange) {
  const NormalizedLayer layer;
  const Variable x(image(), true), before = conv2d(x, layer.filter, {});
  const Variable y = conv2d(batch_norm_activation(before, layer.gamma, layer.beta).output, layer.filter, {});
  Tensor(before.value()).fill_(1);
  EXPECT_THAT([&] { backward(y, image()); },
              testing::ThrowsMessage<Error>(testing::AllOf(testing::HasSubstr("[batch_norm]"), testing::HasSubstr("[fill_]"))));
}

TEST(BackwardMemory, GradientsAddUpInPlaceUnlessSomebodyHoldsThem) {
  const Variable x(test::uniform({5}, 1), true);
  const Tensor seed = Tensor::full({5}, 2, DType::f64);
  backward(3.0 * x, seed);
  const void* const memory = x.grad().raw_data();
  backward(3.0 * x, seed);
  EXPECT_EQ(x.grad().raw_data(), memory);
  EXPECT_TRUE(test::identical(x.grad(), Tensor::full({5}, 12, DType::f64)));
  const Tensor held = x.grad();
  backward(3.0 * x, seed);
  EXPECT_TRUE(test::identical(held, Tensor::full({5}, 12, DType::f64)));
  EXPECT_TRUE(test::identical(x.grad(), Tensor::full({5}, 18, DType::f64)));
}

TEST(BackwardMemory, AGradientThatTwoBranchesShareIsNotOverwrittenByEither) {
  // The addition hands one tensor to both branches; each would like to compute in place.
  const Variable x(Tensor::full({4}, 1, DType::f64), true), z(Tensor::full({4}, 1, DType::f64), true);
  backward(relu(3.0 * x) + affine(relu(5.0 * z), 7), Tensor::full({4}, 1, DType::f64));
  EXPECT_TRUE(test::identical(x.grad(), Tensor::full({4}, 3, DType::f64)));
  EXPECT_TRUE(test::identical(z.grad(), Tensor::full({4}, 35, DType::f64)));
}

TEST(BackwardMemory, TheSeedIsNotOverwritten) {
  const Tensor seed = test::uniform({4}, 2), copy = seed.clone();
  const std::function<Variable(const Variable&)> operations[] = {
      [](const Variable& x) { return relu(x); }, [](const Variable& x) { return 3.0 * x; }, [](const Variable& x) { return x + x; },
      [](const Variable& x) {
        RandomStream stream(1);
        return dropout(x, 0.5, stream);
      }};
  for (const auto& operation : operations) {
    const Variable x(test::uniform({4}, 1), true);
    backward(operation(x), seed);
    EXPECT_TRUE(test::identical(seed, copy));
  }
}

TEST(ResultMemory, ReluOfATemporaryTakesItsMemory) {
  const Variable x(test::uniform({6, 4}, 1), true), weight(test::uniform({3, 4}, 2), true);
  Variable h = linear(x, weight, {});
  const void* const memory = h.value().raw_data();
  const Variable copied = relu(h);
  EXPECT_NE(copied.value().raw_data(), memory) << "h is still there";
  const Variable moved = relu(std::move(h));
  EXPECT_EQ(moved.value().raw_data(), memory);
  EXPECT_TRUE(test::identical(moved.value(), copied.value()));
  const Tensor seed = test::uniform({6, 3}, 3);
  backward(copied, seed, {.retain_graph = true});  // both lead to the same linear
  const Tensor x_grad = x.grad(), weight_grad = weight.grad();
  Variable(x).clear_grad();
  Variable(weight).clear_grad();
  backward(moved, seed);
  EXPECT_TRUE(test::identical(x.grad(), x_grad));
  EXPECT_TRUE(test::identical(weight.grad(), weight_grad));
}

TEST(ResultMemory, WhatSomebodyCanStillReadIsNotOverwritten) {
  const Tensor values = Tensor::from<double>({-1, 2}, {2});
  const auto is_kept = [&](const Tensor& tensor) { return test::identical(tensor, values); };
  // A tensor of the caller's, and a leaf of the graph.
  relu(Variable(values));
  EXPECT_TRUE(is_kept(values));
  Variable leaf(values.clone(), true);
  const Variable of_leaf = relu(std::move(leaf));
  EXPECT_EQ(of_leaf.value().to_vector<double>(), (std::vector<double>{0, 2}));
  backward(of_leaf, values);
  // A view.
  const Variable x(values.clone(), true);
  Variable sum = x + Variable(Tensor::zeros({2}, DType::f64));
  const Variable view = reshape(sum, {1, 2});
  relu(std::move(sum));
  EXPECT_TRUE(is_kept(view.value().reshape({2})));
  // What the operation before has saved for its own backward pass.
  const Variable logits(test::uniform({2, 3}, 1), true);
  const Variable y = relu(softmax(logits));
  EXPECT_NO_THROW(backward(y, test::uniform({2, 3}, 2)));
}

TEST(ResultMemory, ASumTakesTheMemoryOfAnOperandThatIsNotNeeded) {
  const Variable x(test::uniform({4}, 1), true), z(test::uniform({4}, 2), true);
  Variable left = 2.0 * x, right = 3.0 * z;
  const void *const left_memory = left.value().raw_data(), *const right_memory = right.value().raw_data();
  const Variable copied = left + right;
  const Variable in_right = left + std::move(right);
  EXPECT_EQ(in_right.value().raw_data(), right_memory);
  right = 3.0 * z;
  const Variable in_left = std::move(left) + right;
  EXPECT_EQ(in_left.value().raw_data(), left_memory);
  EXPECT_TRUE(test::identical(in_left.value(), copied.value()));
  EXPECT_TRUE(test::identical(in_right.value(), copied.value()));
  Variable both = 2.0 * x;
  const Variable doubled = both + both;  // each keeps the other alive
  EXPECT_TRUE(test::identical(both.value(), (2.0 * x).value()));
  backward(in_left + in_right + doubled, Tensor::full({4}, 1, DType::f64));
  EXPECT_TRUE(test::identical(x.grad(), Tensor::full({4}, 8, DType::f64)));
  EXPECT_TRUE(test::identical(z.grad(), Tensor::full({4}, 6, DType::f64)));
}

class Keeper final : public Recorder {
 public:
  void record(const Function&, std::span<const Variable>, std::span<const Variable> outputs) override { kept.push_back(outputs.front()); }
  std::vector<Variable> kept;
};

TEST(ResultMemory, ARecorderThatKeepsVariablesSeesTheirValues) {
  const Variable x(Tensor::from<double>({-1, 2}, {2}));
  Keeper keeper;
  {
    const RecorderGuard guard(keeper);
    relu(2.0 * x);
  }
  ASSERT_EQ(keeper.kept.size(), 2u);
  EXPECT_EQ(keeper.kept[0].value().to_vector<double>(), (std::vector<double>{-2, 4}));
  EXPECT_EQ(keeper.kept[1].value().to_vector<double>(), (std::vector<double>{0, 4}));
}

}  // namespace
}  // namespace fovea
