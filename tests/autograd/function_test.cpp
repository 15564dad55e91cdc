// Operations written outside the library, what they save, and who watches.
#include "fovea/autograd/function.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Variable scalar(double value) { return Variable(Tensor::full({}, value, DType::f64), true); }

/// y = 1 / sqrt(x), dx = -1/2 y^3 dy.
class InverseSquareRoot final : public Function {
 public:
  const char* name() const override { return "inverse_square_root"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    for (std::int64_t i = 0; i < y.numel(); ++i) y.mutable_data<double>()[i] = 1 / std::sqrt(in[0].data<double>()[i]);
    y_ = SavedTensor(y);
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& y = y_.get(name());
    Tensor dx = Tensor::empty(y.shape(), y.dtype());
    for (std::int64_t i = 0; i < y.numel(); ++i)
      dx.mutable_data<double>()[i] = -0.5 * std::pow(y.data<double>()[i], 3) * dy[0].data<double>()[i];
    return {dx};
  }

 private:
  SavedTensor y_;
};

Variable inverse_square_root(const Variable& x) { return apply_one(std::make_unique<InverseSquareRoot>(), x); }

TEST(Function, InverseSquareRoot) {
  const Variable x(Tensor::from<double>({4, 1, 0.25}, {3}), true);
  const Variable y = inverse_square_root(x);
  EXPECT_THAT(y.value().to_vector<double>(), ElementsAre(0.5, 1, 2));
  backward(y, Tensor::full({3}, 1, DType::f64));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(-0.0625, -0.5, -4));
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return inverse_square_root(affine(in[0], 1, 2)); }, {test::uniform({2, 5}, 1)}));
}

/// Cuts x into its first element and the rest: two outputs.
class Split final : public Function {
 public:
  const char* name() const override { return "split"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    return {{Shape{1}, in[0].dtype}, {Shape{in[0].shape[0] - 1}, in[0].dtype}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    count_ = in[0].extent(0);
    return {in[0].slice(0, 1).clone(), in[0].slice(1, count_).clone()};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::zeros({count_}, DType::f64);
    if (dy[0].defined()) dx.slice(0, 1).copy_(dy[0]);
    if (dy[1].defined()) dx.slice(1, count_).copy_(dy[1]);
    return {dx};
  }

 private:
  std::int64_t count_ = 0;
};

TEST(Function, SeveralOutputsAnyOfWhichMayBeUnused) {
  const Variable x(Tensor::from<double>({1, 2, 3}, {3}), true);
  const auto run = [&] {
    const Variable inputs[] = {x};
    return fovea::apply(std::make_unique<Split>(), inputs);
  };
  backward(run()[0]);
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(1, 0, 0));
  backward(sum(run()[1]));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(1, 1, 1));
  const std::vector<Variable> both = run();
  backward(sum(both[0]) + 10.0 * sum(both[1]));
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(2, 11, 11));
}

/// The identity with a faulty side, to see what the engine says.
class Faulty final : public Function {
 public:
  enum class Fault { gradient_shape, gradient_count, output_count };
  explicit Faulty(Fault fault) : fault_(fault) {}
  const char* name() const override { return "faulty"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    if (fault_ == Fault::output_count) return {};
    return {in[0].clone()};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    if (fault_ == Fault::gradient_count) return {dy[0], dy[0]};
    return {Tensor::zeros({7}, DType::f64)};
  }

 private:
  Fault fault_;
};

TEST(Function, FaultyOnesAreNamed) {
  const auto run = [](Faulty::Fault fault, const Variable& x) { return apply_one(std::make_unique<Faulty>(fault), x); };
  const Variable x = scalar(1);
  for (const Variable& input : {x, 2.0 * x})  // a leaf and a computed one
    EXPECT_THAT([&] { backward(run(Faulty::Fault::gradient_shape, input)); },
                ThrowsMessage<ShapeError>(HasSubstr("[faulty] backward gave input 0 a gradient f64 [7], expected f64 []")));
  EXPECT_THAT([&] { backward(run(Faulty::Fault::gradient_count, x)); },
              ThrowsMessage<Error>(HasSubstr("[faulty] backward gave 2 gradients for 1 inputs")));
  EXPECT_THAT([&] { run(Faulty::Fault::output_count, x); },
              ThrowsMessage<Error>(HasSubstr("[faulty] forward gave 0 outputs, infer promised 1")));
}

/// The identity; writes into a journal when it runs back and when it is destroyed with what it saved.
class Witness final : public Function {
 public:
  Witness(std::string label, std::vector<std::string>& journal) : label_(std::move(label)), journal_(journal) {}
  ~Witness() override { journal_.push_back("free " + label_); }
  const char* name() const override { return "witness"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override { return {in[0].clone()}; }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    journal_.push_back("run " + label_);
    return {dy[0]};
  }

 private:
  std::string label_;
  std::vector<std::string>& journal_;
};

TEST(SavedTensors, GoAsSoonAsTheirNodeHasRun) {
  std::vector<std::string> journal;
  const Variable x = scalar(1);
  Variable y = x;
  for (const char* label : {"a", "b", "c"}) y = apply_one(std::make_unique<Witness>(label, journal), y);
  backward(y);  // y is still held, and with it the nodes
  EXPECT_THAT(journal, ElementsAre("run c", "free c", "run b", "free b", "run a", "free a"));
}

TEST(SavedTensors, StayWhenTheGraphIsRetained) {
  std::vector<std::string> journal;
  const Variable x = scalar(1);
  {
    const Variable y = apply_one(std::make_unique<Witness>("a", journal), x);
    backward(y, {}, {.retain_graph = true});
    backward(y, {}, {.retain_graph = true});
    EXPECT_THAT(journal, ElementsAre("run a", "run a"));
  }
  EXPECT_THAT(journal, ElementsAre("run a", "run a", "free a"));
  EXPECT_EQ(x.grad().item(), 2);
}

TEST(SavedTensors, NothingIsKeptWithoutHistory) {
  std::vector<std::string> journal;
  const Variable constant(Tensor::full({}, 1, DType::f64));
  const Variable y = apply_one(std::make_unique<Witness>("a", journal), constant);
  EXPECT_THAT(journal, ElementsAre("free a"));
}

TEST(SavedTensors, OperationsHoldTheirInputsOnlyUntilTheyHaveRun) {
  const Variable x(test::uniform({4}, 1), true);
  Variable product;
  Tensor watched;
  {
    const Variable a = relu(x);
    watched = a.value();
    product = a * a;
  }
  EXPECT_TRUE(watched.is_shared());  // by the multiplication and the relu
  backward(product, Tensor::full({4}, 1, DType::f64));
  EXPECT_FALSE(watched.is_shared());
}

TEST(SavedTensors, OnlyWhatAGradientNeedsIsHeld) {
  const Tensor first = test::uniform({4}, 1);
  Tensor second = test::uniform({4}, 2);
  const Variable a(first), b(second, true);
  const Variable product = a * b;  // db needs a; da is not wanted, so b need not be kept
  second.fill_(3);
  backward(product, Tensor::full({4}, 1, DType::f64));
  EXPECT_TRUE(test::identical(b.grad(), first));
}

TEST(SavedTensors, AnInPlaceChangeNamesBothOperations) {
  const Variable x(test::uniform({4}, 1), true);
  const Variable y = relu(x);
  Tensor(y.value()).fill_(1);
  EXPECT_THAT([&] { backward(sum(y)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("[relu] saved a tensor of shape [4]"), HasSubstr("[fill_] has changed it"))));

  const Variable z = x * x;
  Tensor(x.value()).copy_(test::uniform({4}, 2));
  EXPECT_THAT([&] { backward(sum(z)); }, ThrowsMessage<Error>(AllOf(HasSubstr("[multiply]"), HasSubstr("[copy_] has changed it"))));
}

TEST(SavedTensors, AChangeThroughAViewIsFoundToo) {
  const Variable x(test::uniform({4, 2}, 1), true);
  const Variable y = relu(x);
  y.value().slice(1, 2).fill_(1);
  EXPECT_THROW(backward(sum(y)), Error);
}

TEST(SavedTensors, ChangingWhatNobodySavedIsFine) {
  const Variable x(Tensor::full({4}, 2, DType::f64), true);
  const Variable y = x + x;
  Tensor(y.value()).fill_(7);
  backward(sum(y));
  EXPECT_THAT(x.grad().to_vector<double>(), testing::Each(2));
}

TEST(SavedTensors, ASecondBackwardPassIsAnError) {
  const Variable x = scalar(3);
  const Variable y = x * x;
  backward(y);
  EXPECT_THAT([&] { backward(y); }, ThrowsMessage<Error>(HasSubstr("[multiply] a second backward pass through a released graph")));
  EXPECT_EQ(x.grad().item(), 6);

  const Variable kept = x * x;
  backward(kept, {}, {.retain_graph = true});
  backward(kept);
  EXPECT_EQ(x.grad().item(), 18);
  EXPECT_THROW(backward(kept), Error);
}

TEST(SavedTensors, AReleasedPartIsAnErrorForTheRest) {
  const Variable x = scalar(3);
  const Variable shared = x * x, first = 2.0 * shared, second = 3.0 * shared;
  backward(first);
  EXPECT_THAT([&] { backward(second); }, ThrowsMessage<Error>(HasSubstr("[multiply] a second backward pass")));
}

class Journal final : public Recorder {
 public:
  void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    std::string line = function.name();
    for (const Variable& input : inputs) line += " " + input.shape().to_string();
    line += " ->";
    for (const Variable& output : outputs) line += " " + output.shape().to_string();
    lines.push_back(line);
    attributes.push_back(function.attributes());
    requires_grad.push_back(outputs[0].requires_grad());
  }
  std::vector<std::string> lines;
  std::vector<Attributes> attributes;
  std::vector<bool> requires_grad;
};

Variable small_network(const Variable& x, const Variable& filter) {
  const Conv2dGeometry geometry{.stride = {2, 1}, .padding = {0, 1, 2, 3}, .dilation = 1, .groups = 2};
  return affine(global_average_pool2d(relu(conv2d(x, filter, {}, geometry))), 2, 0.5);
}

TEST(Recorder, SeesTheSameWithGradientsOnAndOff) {
  const Variable x(Tensor::zeros({1, 6, 6, 4})), filter(Tensor::zeros({8, 3, 3, 2}), true);
  Journal with, without;
  {
    const RecorderGuard guard(with);
    small_network(x, filter);
  }
  {
    const NoGradGuard no_grad;
    const RecorderGuard guard(without);
    small_network(x, filter);
  }
  small_network(x, filter);  // seen by nobody
  EXPECT_THAT(with.lines, ElementsAre("conv2d [1,6,6,4] [8,3,3,2] -> [1,3,9,8]", "relu [1,3,9,8] -> [1,3,9,8]",
                                      "average_pool2d [1,3,9,8] -> [1,1,1,8]", "reshape [1,1,1,8] -> [1,8]", "affine [1,8] -> [1,8]"));
  EXPECT_EQ(with.lines, without.lines);
  EXPECT_EQ(with.attributes, without.attributes);
  EXPECT_THAT(with.requires_grad, testing::Each(true));
  EXPECT_THAT(without.requires_grad, testing::Each(false));

  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(
      with.attributes[0],
      (Attributes{{"stride", Numbers{2, 1}}, {"padding", Numbers{0, 1, 2, 3}}, {"dilation", Numbers{1, 1}}, {"groups", std::int64_t{2}}}));
  EXPECT_EQ(with.attributes[3], (Attributes{{"shape", Numbers{1, 8}}}));
  EXPECT_EQ(with.attributes[4], (Attributes{{"alpha", 2.0}, {"beta", 0.5}}));
}

TEST(Recorder, GuardsNest) {
  Journal outer, inner;
  const Variable x(Tensor::zeros({2}));
  const RecorderGuard outer_guard(outer);
  {
    const RecorderGuard inner_guard(inner);
    relu(x);
  }
  sum(x);
  EXPECT_THAT(inner.lines, ElementsAre("relu [2] -> [2]"));
  EXPECT_THAT(outer.lines, ElementsAre("sum [2] -> []"));
}

TEST(Recorder, DoesNotSeeTheBackwardPass) {
  Journal journal;
  const Variable x = scalar(2);
  const Variable y = x * x;
  const RecorderGuard guard(journal);
  backward(y);
  EXPECT_THAT(journal.lines, testing::IsEmpty());
}

}  // namespace
}  // namespace fovea
