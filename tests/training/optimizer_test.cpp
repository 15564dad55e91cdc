// What SGD and AdamW have in common: which parameters they change, in place, and what that means for older graphs.
#include "fovea/training/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::make_parameter;
using test::set_gradient;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class OptimizerTest : public testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Optimizer> make(std::vector<NamedParameter> parameters, double decay = 0, bool decay_biases_and_norms = false) {
    if (GetParam() == "sgd")
      return std::make_unique<Sgd>(std::move(parameters),
                                   SgdOptions{.weight_decay = decay, .decay_biases_and_norms = decay_biases_and_norms});
    return std::make_unique<AdamW>(std::move(parameters),
                                   AdamWOptions{.weight_decay = decay, .decay_biases_and_norms = decay_biases_and_norms});
  }
};

INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerTest, testing::Values("sgd", "adamw"), [](const auto& test) { return test.param; });

TEST_P(OptimizerTest, LeavesParametersWithoutGradientAlone) {
  std::vector<NamedParameter> parameters{make_parameter("a", Tensor::full({2, 2}, 1)), make_parameter("b", Tensor::full({2, 2}, 1))};
  const auto optimizer = make(parameters, 0.5);
  set_gradient(parameters[0], Tensor::full({2, 2}, 1));
  optimizer->step(0.1);
  EXPECT_NE(parameters[0].variable.value().to_vector<float>(), std::vector<float>(4, 1));
  EXPECT_EQ(parameters[1].variable.value().to_vector<float>(), std::vector<float>(4, 1));
  EXPECT_EQ(parameters[1].variable.value().storage().version(), 0U);
}

// With a zero gradient decay is all that happens: w - rate * decay * w for both optimisers.
TEST_P(OptimizerTest, DecaysMatricesAndSparesVectorsUnlessAsked) {
  for (const bool all : {false, true}) {
    std::vector<NamedParameter> parameters{make_parameter("weight", Tensor::full({2, 1}, 4, DType::f64)),
                                           make_parameter("bias", Tensor::full({2}, 4, DType::f64))};
    for (NamedParameter& parameter : parameters) set_gradient(parameter, Tensor::zeros(parameter.variable.shape(), DType::f64));
    make(parameters, 0.5, all)->step(0.1);
    EXPECT_DOUBLE_EQ(parameters[0].variable.value().data<double>()[0], 3.8);
    EXPECT_DOUBLE_EQ(parameters[1].variable.value().data<double>()[0], all ? 3.8 : 4.0);
  }
}

TEST_P(OptimizerTest, ClearsTheGradientsOfItsParameters) {
  std::vector<NamedParameter> parameters{make_parameter("a", Tensor::full({2}, 1))};
  const auto optimizer = make(parameters);
  set_gradient(parameters[0], Tensor::full({2}, 1));
  optimizer->clear_grad();
  EXPECT_FALSE(parameters[0].variable.grad().defined());
}

TEST_P(OptimizerTest, ABackwardPassThroughOlderWeightsIsAnErrorThatNamesIt) {
  Sequential net;
  net.emplace<Linear>(3, 3);
  net.emplace<Linear>(3, 1);
  const auto optimizer = make(net.parameters());
  const Variable loss = sum(net(Variable(Tensor::full({1, 3}, 1))));
  backward(loss, {}, {.retain_graph = true});
  optimizer->step(0.1);
  EXPECT_THAT([&] { backward(loss); }, ThrowsMessage<Error>(AllOf(HasSubstr("[linear]"), HasSubstr("[" + GetParam() + "]"))));
}

TEST_P(OptimizerTest, EvaluationUsesTheNewWeights) {
  Linear layer(1, 1, {.bias = false});
  const auto evaluate = [&layer] {
    const NoGradGuard no_grad;
    layer.eval();
    return layer(Variable(Tensor::full({1, 1}, 1))).item();
  };
  const auto optimizer = make(layer.parameters());
  for (int step = 0; step < 3; ++step) {
    EXPECT_EQ(evaluate(), layer.weight.value().item());
    layer.weight.mutable_grad() = Tensor::full({1, 1}, 1);
    const double before = layer.weight.value().item();
    optimizer->step(0.1);
    EXPECT_LT(layer.weight.value().item(), before);
  }
  EXPECT_EQ(evaluate(), layer.weight.value().item());
}

TEST_P(OptimizerTest, RefusesAGradientOfAnotherShape) {
  std::vector<NamedParameter> parameters{make_parameter("fc.weight", Tensor::full({2, 3}, 1))};
  const auto optimizer = make(parameters);
  set_gradient(parameters[0], Tensor::full({3, 2}, 1));
  EXPECT_THAT([&] { optimizer->step(0.1); },
              ThrowsMessage<ShapeError>(HasSubstr("parameter \"fc.weight\" is f32 [2,3] but its gradient f32 [3,2]")));
}

TEST_P(OptimizerTest, TiedWeightsAreUpdatedOnce) {
  std::vector<NamedParameter> tied{make_parameter("encoder", Tensor::full({2, 2}, 4)), {}};
  tied[1] = tied[0];
  tied[1].name = "decoder";
  std::vector<NamedParameter> alone{make_parameter("encoder", Tensor::full({2, 2}, 4))};
  for (auto* parameters : {&tied, &alone}) {
    set_gradient(parameters->front(), Tensor::full({2, 2}, 1));
    const auto optimizer = make(*parameters);
    EXPECT_EQ(optimizer->parameters().size(), 1u);
    optimizer->step(0.5);
  }
  EXPECT_EQ(tied[1].variable.value().to_vector<float>(), alone[0].variable.value().to_vector<float>());
}

TEST_P(OptimizerTest, ParametersOfBothTypesGoInOneStep) {
  std::vector<NamedParameter> parameters{make_parameter("a", Tensor::full({2, 2}, 4)),
                                         make_parameter("b", Tensor::full({2, 2}, 4, DType::f64))};
  for (NamedParameter& parameter : parameters) set_gradient(parameter, Tensor::full({2, 2}, 1, parameter.variable.dtype()));
  make(parameters)->step(0.5);
  EXPECT_NEAR(parameters[0].variable.value().data<float>()[3], parameters[1].variable.value().data<double>()[3], 1e-6);
  EXPECT_NE(parameters[1].variable.value().data<double>()[3], 4);
}

TEST(Sgd, WorkedExample) {
  // decay 0.5 on w = 2 with gradient 1: g' = 2, v = 2, w = 2 - 0.1 * 2 = 1.8; then g' = 1.9, v = 0.5 * 2 + 0.75 * 1.9 = 2.425
  std::vector<NamedParameter> parameters{make_parameter("w", Tensor::full({1, 1}, 2, DType::f64))};
  Sgd sgd(parameters, {.momentum = 0.5, .dampening = 0.25, .weight_decay = 0.5});
  for (const double expected : {1.8, 1.8 - 0.2425}) {
    set_gradient(parameters[0], Tensor::full({1, 1}, 1, DType::f64));
    sgd.step(0.1);
    EXPECT_NEAR(parameters[0].variable.value().item(), expected, 1e-15);
  }
}

TEST(Sgd, NesterovLooksAhead) {
  // v = 1, w -= 0.1 (1 + 0.5 * 1); then v = 1.5, w -= 0.1 (1 + 0.5 * 1.5)
  std::vector<NamedParameter> parameters{make_parameter("w", Tensor::full({1, 1}, 2, DType::f64))};
  Sgd sgd(parameters, {.momentum = 0.5, .nesterov = true});
  for (const double expected : {1.85, 1.675}) {
    set_gradient(parameters[0], Tensor::full({1, 1}, 1, DType::f64));
    sgd.step(0.1);
    EXPECT_NEAR(parameters[0].variable.value().item(), expected, 1e-15);
  }
}

TEST(Sgd, RefusesOptionsOutOfRange) {
  for (const double momentum : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(Sgd({}, {.momentum = momentum}), OptionError) << momentum;
  for (const double dampening : {-0.1, 1.1, std::nan("")}) EXPECT_THROW(Sgd({}, {.dampening = dampening}), OptionError) << dampening;
  for (const double decay : {-0.1, std::nan("")}) EXPECT_THROW(Sgd({}, {.weight_decay = decay}), OptionError) << decay;
  EXPECT_THAT([] { Sgd({}, {.momentum = 0, .nesterov = true}); }, ThrowsMessage<OptionError>(HasSubstr("nesterov wants a momentum")));
  EXPECT_THROW(Sgd({}, {.dampening = 0.1, .nesterov = true}), OptionError);
}

TEST(AdamW, FirstStepIsTheRateInTheDirectionOfTheSign) {
  // m / correction1 = g and v / correction2 = g^2 at first, whatever the size of the gradient
  std::vector<NamedParameter> parameters{make_parameter("w", Tensor::from<double>({1, 1, 1}, {3}))};
  AdamW adamw(parameters, {.epsilon = 1e-12});
  set_gradient(parameters[0], Tensor::from<double>({3, -0.01, 0}, {3}));
  adamw.step(0.25);
  const std::vector<double> w = parameters[0].variable.value().to_vector<double>();
  EXPECT_NEAR(w[0], 0.75, 1e-9);
  EXPECT_NEAR(w[1], 1.25, 1e-9);
  EXPECT_EQ(w[2], 1);
}

TEST(AdamW, RefusesOptionsOutOfRange) {
  for (const double beta : {-0.1, 1.0, std::nan("")}) {
    EXPECT_THROW(AdamW({}, {.beta1 = beta}), OptionError) << beta;
    EXPECT_THROW(AdamW({}, {.beta2 = beta}), OptionError) << beta;
  }
  for (const double epsilon : {0.0, -1e-8, std::nan("")}) EXPECT_THROW(AdamW({}, {.epsilon = epsilon}), OptionError) << epsilon;
  for (const double decay : {-0.1, std::nan("")}) EXPECT_THROW(AdamW({}, {.weight_decay = decay}), OptionError) << decay;
}

}  // namespace
}  // namespace fovea
