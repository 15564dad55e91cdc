// Training tasks small enough to know the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/base/random.hpp"
#include "fovea/nn/module.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea::test {

/// Parameters without a module, with gradients set by hand.
inline NamedParameter make_parameter(std::string name, Tensor value) { return {std::move(name), Variable(std::move(value), true), {}}; }
inline void set_gradient(NamedParameter& parameter, Tensor gradient) { parameter.variable.mutable_grad() = std::move(gradient); }

/// Two Gaussian blobs of deviation 0.5 around (1, -1) and (-1, 1), as rows of two features, in 4 batches of 16 rows.
class BlobTask : public TrainingTask {
 public:
  static constexpr std::int64_t kBatches = 4, kRows = 16;

  explicit BlobTask(Layer& model) : model_(model) {}
  Module& model() override { return model_; }
  std::int64_t steps_per_epoch() const override { return kBatches; }
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override {
    epochs_begun.push_back(epoch);
    batch_ = first_batch;
  }
  Step next_step() override {
    const auto [x, targets] = batch(static_cast<std::uint64_t>(batch_++));
    return {.loss = cross_entropy(model_(Variable(x)), targets), .samples = kRows};
  }
  Metrics validate() override {
    validated_in_evaluation_mode = !model_.is_training() && !grad_enabled();
    const auto [x, targets] = batch(99);
    return {{"val_loss", cross_entropy(model_(Variable(x)), targets).item()}};
  }

  std::vector<std::int64_t> epochs_begun;
  bool validated_in_evaluation_mode = false;

 private:
  static std::pair<Tensor, Tensor> batch(std::uint64_t number) {
    RandomStream stream(5, number);
    std::vector<float> features;
    std::vector<std::int64_t> targets;
    for (std::int64_t row = 0; row < kRows; ++row) {
      const bool second = stream.chance(0.5);
      features.push_back(static_cast<float>((second ? -1 : 1) + 0.5 * stream.normal()));
      features.push_back(static_cast<float>((second ? 1 : -1) + 0.5 * stream.normal()));
      targets.push_back(second ? 1 : 0);
    }
    return {Tensor::from(features, {kRows, 2}), Tensor::from(targets, {kRows})};
  }

  Layer& model_;
  std::int64_t batch_ = 0;
};

/// A task whose losses and validation metrics are given. Step s (from 0) has s + 1 samples.
class ScriptedTask : public TrainingTask {
 public:
  using Loss = std::function<double(std::int64_t epoch, std::int64_t step)>;
  ScriptedTask(std::int64_t steps, Loss loss, std::vector<Metrics> metrics)
      : steps_(steps), loss_(std::move(loss)), metrics_(std::move(metrics)) {}

  Module& model() override { return model_; }
  std::int64_t steps_per_epoch() const override { return steps_; }
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override {
    epoch_ = epoch;
    step_ = first_batch;
  }
  Step next_step() override {
    const double loss = loss_(epoch_, step_++);
    return {.loss = Variable(Tensor::full({}, loss, DType::f64), true), .samples = step_};
  }
  Metrics validate() override { return metrics_[static_cast<std::size_t>(epoch_)]; }

 private:
  class Empty final : public Module {};
  Empty model_;
  std::int64_t steps_;
  Loss loss_;
  std::vector<Metrics> metrics_;
  std::int64_t epoch_ = 0, step_ = 0;
};

/// An optimiser of nothing, for scripted tasks.
class NoOptimizer final : public Optimizer {
 public:
  NoOptimizer() : Optimizer({}) {}

 private:
  void update(std::span<const Update>) override {}
};

}  // namespace fovea::test
