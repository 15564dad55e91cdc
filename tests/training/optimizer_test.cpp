// What the optimisers have in common: which parameters they change, in place, and what that means for older graphs.
#include "fovea/training/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/adadelta.hpp"
#include "fovea/training/adagrad.hpp"
#include "fovea/training/adam.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/lbfgs.hpp"
#include "fovea/training/rmsprop.hpp"
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
    const auto make_with = [&](auto options) {
      options.weight_decay = decay;
      options.decay_biases_and_norms = decay_biases_and_norms;
      return options;
    };
    if (GetParam() == "sgd") return std::make_unique<Sgd>(std::move(parameters), make_with(SgdOptions{}));
    if (GetParam() == "adamw") return std::make_unique<AdamW>(std::move(parameters), make_with(AdamWOptions{}));
    if (GetParam() == "adam") return std::make_unique<Adam>(std::move(parameters), make_with(AdamOptions{}));
    if (GetParam() == "adagrad") return std::make_unique<Adagrad>(std::move(parameters), make_with(AdagradOptions{}));
    if (GetParam() == "rmsprop") return std::make_unique<Rmsprop>(std::move(parameters), make_with(RmspropOptions{}));
    return std::make_unique<Adadelta>(std::move(parameters), make_with(AdadeltaOptions{}));
  }
};

INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerTest, testing::Values("sgd", "adamw", "adam", "adagrad", "rmsprop", "adadelta"),
                         [](const auto& test) { return test.param; });

TEST_P(OptimizerTest, LeavesParametersWithoutGradientAlone) {
  std::vector<NamedParameter> parameters{make_parameter("a", Tensor::full({2, 2}, 1)), make_parameter("b", Tensor::full({2, 2}, 1))};
  const auto optimizer = make(parameters, 0.5);
  set_gradient(parameters[0], Tensor::full({2, 2}, 1));
  optimizer->step(0.1);
  EXPECT_NE(parameters[0].variable.value().to_vector<float>(), std::vector<float>(4, 1));
  EXPECT_EQ(parameters[1].variable.value().to_vector<float>(), std::vector<float>(4, 1));
  EXPECT_EQ(parameters[1].variable.value().storage().version(), 0U);
}

// With a zero gradient decay is all that happens: w - rate * decay * w where it does not go through a division by the gradient's size.
TEST_P(OptimizerTest, DecaysMatricesAndSparesVectorsUnlessAsked) {
  for (const bool all : {false, true}) {
    std::vector<NamedParameter> parameters{make_parameter("weight", Tensor::full({2, 1}, 4, DType::f64)),
                                           make_parameter("bias", Tensor::full({2}, 4, DType::f64))};
    for (NamedParameter& parameter : parameters) set_gradient(parameter, Tensor::zeros(parameter.variable.shape(), DType::f64));
    make(parameters, 0.5, all)->step(0.1);
    const double weight = parameters[0].variable.value().data<double>()[0], bias = parameters[1].variable.value().data<double>()[0];
    if (GetParam() == "sgd" || GetParam() == "adamw") {
      EXPECT_DOUBLE_EQ(weight, 3.8);
    }
    EXPECT_LT(weight, 4);
    EXPECT_EQ(bias, all ? weight : 4);
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

TEST_P(OptimizerTest, GroupsHaveRatesAndDecaysOfTheirOwn) {
  std::vector<NamedParameter> parameters;
  for (const char* name : {"backbone.weight", "backbone.frozen.weight", "head.weight", "head.bias"})
    parameters.push_back(make_parameter(name, Tensor::full({2, 2}, 4, DType::f64)));
  std::vector<NamedParameter> slow{make_parameter("weight", Tensor::full({2, 2}, 4, DType::f64))};
  std::vector<NamedParameter> decaying{make_parameter("bias", Tensor::full({2, 2}, 4, DType::f64))};
  const auto optimizer = make(parameters), slow_one = make(slow), decaying_one = make(decaying, 0.5, true);
  // The first pattern that fits counts: the third group leaves backbone.frozen.weight to the first.
  optimizer->set_groups({{.pattern = "*.frozen.*", .frozen = true},
                         {.pattern = "*.bias", .weight_decay = 0.5},
                         {.pattern = "backbone.*", .rate_factor = 0.25}});
  for (auto* list : {&parameters, &slow, &decaying})
    for (NamedParameter& parameter : *list) set_gradient(parameter, Tensor::full({2, 2}, 1, DType::f64));
  optimizer->step(0.1);
  slow_one->step(0.025);
  decaying_one->step(0.1);
  const auto value = [](const NamedParameter& parameter) { return parameter.variable.value().data<double>()[3]; };
  EXPECT_EQ(value(parameters[0]), value(slow[0]));
  EXPECT_EQ(value(parameters[1]), 4);
  EXPECT_NE(value(parameters[2]), value(parameters[0]));
  EXPECT_EQ(value(parameters[3]), value(decaying[0]));
}

TEST(OptimizerGroups, RefuseWhatFitsNoParameter) {
  Sgd sgd({make_parameter("head.weight", Tensor::full({2, 2}, 4))});
  EXPECT_THAT([&] { sgd.set_groups({{.pattern = "backbone.*"}}); }, ThrowsMessage<OptionError>(HasSubstr("\"backbone.*\"")));
  EXPECT_THAT([&] { sgd.set_groups({{.pattern = "*", .rate_factor = -1}}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([&] { sgd.set_groups({{.pattern = "*", .weight_decay = -0.5}}); }, ThrowsMessage<OptionError>(HasSubstr("found -0.5")));
}

TEST(Freeze, SwitchesGradientsOffAndOnAgain) {
  Sequential net;
  net.emplace<Linear>(3, 3);
  net.emplace<Linear>(3, 1);
  const auto run = [&] { backward(sum(net(Variable(Tensor::full({1, 3}, 1))))); };
  EXPECT_EQ(freeze(net, "0.*"), 2u);
  run();
  EXPECT_FALSE(net.parameters()[0].variable.grad().defined());
  EXPECT_TRUE(net.parameters()[2].variable.grad().defined());
  freeze(net, "*", false);
  run();
  EXPECT_TRUE(net.parameters()[0].variable.grad().defined());
  EXPECT_THROW(freeze(net, "layer1.*"), OptionError);
}

TEST(Freeze, AFrozenBatchNormKeepsItsStatistics) {
  Sequential net;
  auto& norm = net.emplace<BatchNorm2d>(1);
  const auto batches = [&] {
    net(Variable(Tensor::full({1, 1, 2, 1}, 5)));
    return norm.num_batches_tracked.item();
  };
  freeze(net, "0.weight");
  EXPECT_EQ(batches(), 1) << "half frozen is not frozen";
  freeze(net, "0.bias");
  EXPECT_EQ(batches(), 1);
  EXPECT_FLOAT_EQ(norm.running_mean.data<float>()[0], 0.5F);
  freeze(net, "*", false);
  EXPECT_EQ(batches(), 2);
}

TEST(Sgd, TheRateInsideTheVelocityStaysWithItsGradient) {
  // v = -0.1 * 1, w = 2 - 0.1; then at ten times the rate v = 0.5 * -0.1 - 1 * 1, w = 1.9 - 1.05. With the rate outside: 1.9 - 1.5.
  std::vector<NamedParameter> parameters{make_parameter("w", Tensor::full({1, 1}, 2, DType::f64))};
  Sgd sgd(parameters, {.momentum = 0.5, .rate_in_velocity = true});
  for (const auto& [rate, expected] : {std::pair{0.1, 1.9}, {1.0, 0.85}}) {
    set_gradient(parameters[0], Tensor::full({1, 1}, 1, DType::f64));
    sgd.step(rate);
    EXPECT_NEAR(parameters[0].variable.value().item(), expected, 1e-15);
  }
}

TEST(Sgd, BothConventionsAreOneWhileTheRateStays) {
  for (const bool nesterov : {false, true}) {
    std::vector<double> results;
    for (const bool inside : {false, true}) {
      std::vector<NamedParameter> parameters{make_parameter("w", Tensor::full({1, 1}, 2, DType::f64))};
      Sgd sgd(parameters, {.momentum = 0.9, .nesterov = nesterov, .rate_in_velocity = inside});
      for (int step = 0; step < 10; ++step) {
        set_gradient(parameters[0], Tensor::full({1, 1}, 2 * parameters[0].variable.value().item(), DType::f64));
        sgd.step(0.05);
      }
      results.push_back(parameters[0].variable.value().item());
    }
    EXPECT_NEAR(results[0], results[1], 1e-14);
    EXPECT_LT(std::abs(results[0]), 2);
  }
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
  EXPECT_THROW(Sgd({}, {.momentum = 0, .rate_in_velocity = true}), OptionError);
  EXPECT_THROW(Sgd({}, {.dampening = 0.1, .rate_in_velocity = true}), OptionError);
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

TEST(Adam, EpsilonInTheRoot) {
  // First step: m / c = g = 3, v / c = 9, epsilon 16: w = 1 - 0.5 * 3 / 5, and 1 - 0.5 * 3 / (3 + 16) with epsilon outside.
  for (const bool in_root : {false, true}) {
    std::vector<NamedParameter> parameters{make_parameter("w", Tensor::full({1, 1}, 1, DType::f64))};
    Adam adam(parameters, {.epsilon = 16, .epsilon_in_root = in_root});
    set_gradient(parameters[0], Tensor::full({1, 1}, 3, DType::f64));
    adam.step(0.5);
    EXPECT_NEAR(parameters[0].variable.value().item(), in_root ? 0.7 : 1 - 1.5 / 19, 1e-13);
  }
}

TEST(OtherOptimizers, RefuseOptionsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {-0.1, 1.0, kNan}) {
    EXPECT_THROW(Adam({}, {.beta1 = bad}), OptionError) << bad;
    EXPECT_THROW(Adam({}, {.beta2 = bad}), OptionError) << bad;
    EXPECT_THROW(Rmsprop({}, {.alpha = bad}), OptionError) << bad;
    EXPECT_THROW(Rmsprop({}, {.momentum = bad}), OptionError) << bad;
    EXPECT_THROW(Adadelta({}, {.rho = bad}), OptionError) << bad;
  }
  for (const double bad : {0.0, -0.1, kNan}) {
    EXPECT_THROW(Adam({}, {.epsilon = bad}), OptionError) << bad;
    EXPECT_THROW(Adagrad({}, {.epsilon = bad}), OptionError) << bad;
    EXPECT_THROW(Rmsprop({}, {.epsilon = bad}), OptionError) << bad;
    EXPECT_THROW(Adadelta({}, {.epsilon = bad}), OptionError) << bad;
    EXPECT_THROW(Lbfgs({}, {.learning_rate = bad}), OptionError) << bad;
  }
  for (const double bad : {-0.1, kNan}) {
    EXPECT_THROW(Adam({}, {.weight_decay = bad}), OptionError) << bad;
    EXPECT_THROW(Adagrad({}, {.weight_decay = bad}), OptionError) << bad;
    EXPECT_THROW(Adagrad({}, {.rate_decay = bad}), OptionError) << bad;
    EXPECT_THROW(Adagrad({}, {.initial_sum = bad}), OptionError) << bad;
    EXPECT_THROW(Rmsprop({}, {.weight_decay = bad}), OptionError) << bad;
    EXPECT_THROW(Adadelta({}, {.weight_decay = bad}), OptionError) << bad;
  }
  EXPECT_THROW(Lbfgs({}, {.history = 0}), OptionError);
  EXPECT_THAT([] { Lbfgs({}, {.sufficient_decrease = 0.95}); }, ThrowsMessage<OptionError>(HasSubstr("found 0.95 and 0.9")));
}

// Rosenbrock's valley from its usual start, f = (1 - x)^2 + 100 (y - x^2)^2.
TEST(Lbfgs, FollowsTheValleyToItsEnd) {
  const NamedParameter x = make_parameter("x", Tensor::full({}, -1.2, DType::f64)),
                       y = make_parameter("y", Tensor::full({}, 1, DType::f64));
  Lbfgs lbfgs({x, y}, {.iterations = 100, .evaluations = 200, .gradient_tolerance = 1e-10, .change_tolerance = 1e-15});
  const double first = lbfgs.step([&] {
    const Variable a = affine(x.variable, -1, 1), b = y.variable - x.variable * x.variable;
    return a * a + 100.0 * (b * b);
  });
  EXPECT_NEAR(first, 24.2, 1e-12);
  EXPECT_NEAR(x.variable.value().item(), 1, 1e-6);
  EXPECT_NEAR(y.variable.value().item(), 1, 1e-6);
  EXPECT_LT(lbfgs.evaluations(), 100);
}

TEST(Lbfgs, ALossThatIsNotANumberFartherOutIsNotTakenForAMinimum) {
  // Beyond x = 1.5 the loss is not a number.
  const NamedParameter x = make_parameter("x", Tensor::full({}, 0, DType::f64));
  Lbfgs lbfgs({x}, {.learning_rate = 10, .iterations = 30, .evaluations = 60});
  lbfgs.step([&] {
    const Variable d = affine(x.variable, 1, -1);
    const double wall = x.variable.value().item() > 1.5 ? std::nan("") : 1;
    return wall * (d * d);
  });
  EXPECT_NEAR(x.variable.value().item(), 1, 1e-6);
}

}  // namespace
}  // namespace fovea
