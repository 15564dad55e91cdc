#include "fovea/training/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/training/gradients.hpp"

namespace fovea {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double find_metric(const Metrics& metrics, const std::string& name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.first == name; });
  if (found == metrics.end()) throw OptionError(fmt::format("the task reports no metric \"{}\" to select the best epoch by", name));
  return found->second;
}

}  // namespace

Trainer::Trainer(TrainingTask& task, Optimizer& optimizer, Schedule schedule, TrainerOptions options)
    : task_(task), optimizer_(optimizer), schedule_(schedule), options_(std::move(options)) {
  if (options_.accumulate < 1) throw OptionError(fmt::format("an update takes at least 1 batch, found {}", options_.accumulate));
  if (options_.plateau) {
    PlateauOptions plateau = *options_.plateau;
    plateau.minimum /= schedule_.peak();
    plateau_.emplace(1.0, plateau);
  }
  if (options_.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", options_.epochs));
}

bool Trainer::is_better(double value) const {
  if (summary_.best_epoch < 0) return true;
  if (std::isnan(summary_.best_value)) return !std::isnan(value);  // any number is better than none
  return options_.larger_is_better ? value > summary_.best_value : value < summary_.best_value;
}

std::int64_t Trainer::updates_per_epoch() const { return (task_.steps_per_epoch() + options_.accumulate - 1) / options_.accumulate; }

/// The gradients of the mean loss over the samples of `batches` batches.
Trainer::Gradients Trainer::compute_gradients(std::int64_t batches, const std::string& where) {
  optimizer_.clear_grad();  // before the forward pass, which then has their memory
  Gradients sum;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const TrainingTask::Step result = task_.next_step();
    const double loss = result.loss.item();
    if (!std::isfinite(loss)) throw Error(fmt::format("the loss is {} at {}: training stopped", loss, where));
    sum.loss += loss * static_cast<double>(result.samples);
    sum.samples += result.samples;
    if (batches == 1) {
      sum.mean = loss;
      backward(result.loss);
    } else {
      backward(result.loss, Tensor::full(result.loss.shape(), static_cast<double>(result.samples), result.loss.dtype()));
    }
  }
  if (batches == 1) return sum;
  const auto samples = static_cast<double>(std::max<std::int64_t>(sum.samples, 1));
  sum.mean = sum.loss / samples;
  scale_gradients(optimizer_.parameters(), 1 / samples);
  return sum;
}

EpochReport Trainer::train_epoch(std::int64_t epoch) {
  const Clock::time_point start = Clock::now();
  const double seconds_before = summary_.seconds;
  const std::int64_t batches = task_.steps_per_epoch(), steps = updates_per_epoch();
  double loss_sum = 0, rate = 0;
  std::int64_t samples = 0;
  task_.model().train();
  task_.begin_epoch(epoch);
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t of_step = std::min(options_.accumulate, batches - step * options_.accumulate);
    const Gradients gradients = compute_gradients(of_step, fmt::format("epoch {}, step {} of {}", epoch + 1, step + 1, steps));
    for (const auto& hook : hooks_) hook->on_gradients();
    rate = schedule_.rate(epoch * steps + step) * (plateau_ ? plateau_->rate() : 1);
    optimizer_.step(rate);
    for (const auto& hook : hooks_) hook->on_update();
    loss_sum += gradients.loss;
    samples += gradients.samples;
    for (const auto& hook : hooks_)
      hook->on_step({epoch, options_.epochs, step, steps, gradients.mean, rate, gradients.samples, seconds_before + seconds_since(start)});
  }
  optimizer_.clear_grad();
  const double training_seconds = seconds_since(start);
  task_.model().eval();
  for (const auto& hook : hooks_) hook->on_validation_begin();
  const NoGradGuard no_grad;
  Metrics validation = task_.validate();
  return {.epoch = epoch,
          .epochs = options_.epochs,
          .learning_rate = rate,
          .train_loss = loss_sum / static_cast<double>(std::max<std::int64_t>(samples, 1)),
          .validation = std::move(validation),
          .seconds = seconds_since(start),
          .images_per_second = static_cast<double>(samples) / training_seconds,
          .best = false};
}

TrainingSummary Trainer::run() {
  summary_ = {};
  for (std::int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
    EpochReport report = train_epoch(epoch);
    summary_.seconds += report.seconds;
    const double value = find_metric(report.validation, options_.selection_metric);
    report.best = is_better(value);
    if (report.best) {
      summary_.best_epoch = epoch;
      summary_.best_value = value;
    }
    if (plateau_) plateau_->observe(options_.plateau_metric.empty() ? value : find_metric(report.validation, options_.plateau_metric));
    for (const auto& hook : hooks_) hook->on_epoch(report);
    for (const auto& hook : hooks_) hook->on_validation_end();
  }
  return summary_;
}

}  // namespace fovea
