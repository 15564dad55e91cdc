// What is asked of every classification network.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/base/random.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/nn/module.hpp"
#include "support/values.hpp"

namespace fovea::test {

inline Tensor random_images(const Shape& shape, std::uint64_t seed) {
  return Tensor::from(random_values<float>(shape.numel(), seed), shape);
}

inline Tensor random_targets(std::int64_t count, std::int64_t classes, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < count; ++i) targets.push_back(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(classes))));
  return Tensor::from(targets, {count});
}

inline std::vector<std::pair<std::string, std::int64_t>> parameter_counts(const Module& model) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (const NamedParameter& parameter : model.parameters()) counts.emplace_back(parameter.name, parameter.variable.shape().numel());
  return counts;
}

inline std::vector<std::string> state_names(const Module& model) {
  std::vector<std::string> names;
  for (const StateEntry& entry : model.state_dict()) names.push_back(entry.name);
  return names;
}

/// "conv2d [1,28,28,20]", ...: every operation of one forward pass and its first output.
inline std::vector<std::string> trace(Layer& model, const Shape& input) {
  class Trace final : public Recorder {
   public:
    void record(const Function& function, std::span<const Variable>, std::span<const Variable> outputs) override {
      lines.push_back(std::string(function.name()) + " " + outputs[0].shape().to_string());
    }
    std::vector<std::string> lines;
  };
  Trace recorder;
  const RecorderGuard guard(recorder);
  const NoGradGuard no_grad;
  model(Variable(Tensor::zeros(input)));
  return recorder.lines;
}

/// In evaluation, the outputs of an image do not depend on the batch it comes in, to the last bit.
inline void expect_batch_does_not_matter(Layer& model, std::int64_t height, std::int64_t width, std::int64_t channels) {
  constexpr std::int64_t kImages = 64;
  const NoGradGuard no_grad;
  model.eval();
  const Tensor images = random_images({kImages, height, width, channels}, 1);
  const auto run = [&](std::int64_t begin, std::int64_t end) { return model(Variable(images.slice(begin, end))).value(); };
  const Tensor all = run(0, kImages), seven = run(30, 37);
  for (std::int64_t i = 0; i < kImages; ++i) {
    const std::vector<float> alone = run(i, i + 1).to_vector<float>();
    ASSERT_EQ(all.slice(i, i + 1).to_vector<float>(), alone) << "image " << i << " of 64";
    if (i >= 30 && i < 37) {
      ASSERT_EQ(seven.slice(i - 30, i - 29).to_vector<float>(), alone) << "image " << i - 30 << " of 7";
    }
  }
}

/// Loss, gradients and state after a forward and backward pass with so many threads.
inline std::vector<std::vector<float>> training_pass(Layer& model, const Tensor& images, const Tensor& targets, int threads) {
  kernels::Context context(threads);
  const kernels::ContextGuard guard(context);
  initialize(model, 1);
  model.train();
  model.clear_grad();
  const Variable loss = cross_entropy(model(Variable(images)), targets);
  backward(loss);
  std::vector<std::vector<float>> results{loss.value().to_vector<float>()};
  for (const NamedParameter& parameter : model.parameters()) results.push_back(parameter.variable.grad().to_vector<float>());
  for (const StateEntry& entry : model.state_dict())
    if (is_floating(entry.tensor.dtype())) results.push_back(entry.tensor.to_vector<float>());
  return results;
}

inline void expect_threads_do_not_matter(Layer& model, const Shape& input, std::int64_t classes) {
  const Tensor images = random_images(input, 2), targets = random_targets(input[0], classes, 3);
  const auto expected = training_pass(model, images, targets, 1);
  for (const int threads : {2, 3}) EXPECT_TRUE(training_pass(model, images, targets, threads) == expected) << threads << " threads";
}

/// Every parameter gets a gradient that is not all zero and is finite.
inline void expect_gradient_reaches_every_parameter(Layer& model, const Shape& input, std::int64_t classes) {
  initialize(model, 1);
  backward(cross_entropy(model(Variable(random_images(input, 4))), random_targets(input[0], classes, 5)));
  for (const NamedParameter& parameter : model.parameters()) {
    ASSERT_TRUE(parameter.variable.grad().defined()) << parameter.name;
    double magnitude = 0;
    for (const float value : parameter.variable.grad().span<float>()) magnitude += value < 0 ? -value : value;
    EXPECT_GT(magnitude, 0) << parameter.name;
    EXPECT_LT(magnitude, 1e9) << parameter.name;
  }
}

}  // namespace fovea::test
