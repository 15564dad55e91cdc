// Losses against PyTorch and torchvision (tests/golden/make_loss_goldens.py): results and gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "fovea/autograd/ops/binary_cross_entropy.hpp"
#include "fovea/autograd/ops/huber_loss.hpp"
#include "fovea/autograd/ops/kl_divergence.hpp"
#include "fovea/autograd/ops/l1_loss.hpp"
#include "fovea/autograd/ops/log_softmax.hpp"
#include "fovea/autograd/ops/logistic_loss.hpp"
#include "fovea/autograd/ops/mse_loss.hpp"
#include "fovea/autograd/ops/multiclass_hinge.hpp"
#include "fovea/autograd/ops/nll_loss.hpp"
#include "fovea/autograd/ops/sigmoid_focal_loss.hpp"
#include "fovea/autograd/ops/smooth_l1_loss.hpp"
#include "fovea/autograd/ops/soft_cross_entropy.hpp"
#include "fovea/autograd/ops/triplet_loss.hpp"
#include "fovea/base/json.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

Tensor wave(const Shape& shape, double phase, double size = 1) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(size * std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::from(values, shape);
}

template <class Change>
Tensor changed(const Tensor& tensor, Change change) {
  std::vector<double> values = tensor.to_vector<double>();
  for (double& value : values) value = change(value);
  return Tensor::from(values, tensor.shape());
}

/// One golden case: what its settings mean here.
struct Case {
  const Json& json;
  Shape shape;

  explicit Case(const Json& golden) : json(golden), shape(golden["x"].get<std::vector<std::int64_t>>()) {}
  double number(const char* key) const { return json[key]; }
  bool flag(const char* key) const { return json[key]; }
  Reduction reduction() const {
    const std::string name = json["reduction"];
    return name == "sum" ? Reduction::sum : name == "none" ? Reduction::none : Reduction::mean;
  }
  Tensor input(double phase) const { return wave(shape, phase, json["size"]); }
  Tensor probabilities() const {
    return changed(wave(shape, 0.2), [](double v) { return (1 + v) / 2; });
  }
  Tensor class_targets() const {
    const Shape rows(shape.extents().first(static_cast<std::size_t>(shape.rank() - 1)));
    std::vector<std::int64_t> targets;
    for (std::int64_t r = 0; r < rows.numel(); ++r)
      targets.push_back(json.value("ignore", false) && r % 4 == 0 ? -100 : (3 * r + 1) % shape.at(-1));
    return Tensor::from(targets, rows);
  }
  Tensor weights() const {
    if (!json.value("weighted", false)) return {};
    std::vector<double> weights;
    for (std::int64_t c = 0; c < shape.at(-1); ++c) weights.push_back(0.5 + 0.25 * static_cast<double>(c));
    return Tensor::from(weights, {shape.at(-1)});
  }
};

Variable run(const Case& c, const std::vector<Variable>& in) {
  const std::string loss = c.json["loss"];
  const Reduction reduction = c.reduction();
  if (loss == "mse") return mse_loss(in[0], in[1], reduction);
  if (loss == "l1") return l1_loss(in[0], in[1], reduction);
  if (loss == "huber") return huber_loss(in[0], in[1], {.delta = c.number("delta"), .reduction = reduction});
  if (loss == "smooth_l1") return smooth_l1_loss(in[0], in[1], {.beta = c.number("beta"), .reduction = reduction});
  if (loss == "logistic") return logistic_loss(in[0], changed(wave(c.shape, 0.2), [](double v) { return v > 0 ? 1 : -1; }), reduction);
  if (loss == "binary_cross_entropy")
    return binary_cross_entropy(in[0], c.probabilities(), {.reduction = reduction, .positive_weights = c.weights()});
  if (loss == "sigmoid_focal")
    return sigmoid_focal_loss(in[0], c.probabilities(), {.alpha = c.number("alpha"), .gamma = c.number("gamma"), .reduction = reduction});
  if (loss == "log_softmax") return log_softmax(in[0]);
  if (loss == "nll") return nll_loss(in[0], c.class_targets(), {.reduction = reduction, .class_weights = c.weights()});
  if (loss == "soft_cross_entropy")
    return soft_cross_entropy(in[0], c.probabilities(),
                              {.reduction = reduction, .label_smoothing = c.number("label_smoothing"), .class_weights = c.weights()});
  if (loss == "multiclass_hinge")
    return multiclass_hinge(in[0], c.class_targets(), {.margin = c.number("margin"), .squared = c.flag("squared"), .reduction = reduction});
  if (loss == "kl_divergence")
    return kl_divergence(in[0], c.flag("log_target") ? wave(c.shape, 0.2) : c.probabilities(),
                         {.log_target = c.flag("log_target"), .reduction = reduction, .batch_mean = c.json["reduction"] == "batch_mean"});
  if (loss == "triplet") return triplet_loss(in[0], in[1], in[2], {.margin = c.number("margin"), .reduction = reduction});
  throw std::runtime_error("unknown loss " + loss);
}

TEST(LossGolden, ResultsAndGradientsAreTorchs) {
  const Json cases = read_json_file(std::string(FOVEA_GOLDEN_FOLDER) + "/losses.json")["cases"];
  ASSERT_EQ(cases.size(), 115U);
  std::set<std::string> seen;
  for (std::size_t number = 0; number < cases.size(); ++number) {
    const Json& golden = cases[number];
    SCOPED_TRACE("case " + std::to_string(number) + ": " + golden["loss"].get<std::string>() + ", " +
                 golden["reduction"].get<std::string>());
    const Case c(golden);
    std::vector<Variable> inputs{Variable(c.input(0.1), true)};
    std::vector<std::string> names{"dx"};
    for (const auto& [name, phase] : {std::pair{"dtarget", 0.2}, {"dpositive", 0.2}, {"dnegative", 0.3}})
      if (golden.contains(name)) {
        inputs.emplace_back(c.input(phase), true);
        names.emplace_back(name);
      }
    const Variable result = run(c, inputs);
    const auto expected = golden["result"].get<std::vector<double>>();
    EXPECT_TRUE(test::near(result.value(), expected, result.shape(), 1e-13));
    backward(result, wave(result.shape(), 0.4));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(test::near(inputs[i].grad(), golden[names[i]].get<std::vector<double>>(), c.shape, 1e-13)) << names[i];
    seen.insert(golden["loss"]);
  }
  EXPECT_EQ(seen.size(), 13U);
}

}  // namespace
}  // namespace fovea
