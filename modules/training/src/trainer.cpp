#include "fovea/training/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "fovea/base/error.hpp"

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
  if (options_.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", options_.epochs));
}

bool Trainer::is_better(double value) const {
  if (summary_.best_epoch < 0) return true;
  if (std::isnan(summary_.best_value)) return !std::isnan(value);  // any number is better than none
  return options_.larger_is_better ? value > summary_.best_value : value < summary_.best_value;
}

EpochReport Trainer::train_epoch(std::int64_t epoch) {
  const Clock::time_point start = Clock::now();
  const double seconds_before = summary_.seconds;
  const std::int64_t steps = task_.steps_per_epoch();
  double loss_sum = 0, rate = 0;
  std::int64_t samples = 0;
  task_.model().train();
  task_.begin_epoch(epoch);
  for (std::int64_t step = 0; step < steps; ++step) {
    optimizer_.clear_grad();  // before the forward pass, which then has their memory
    const TrainingTask::Step result = task_.next_step();
    const double loss = result.loss.item();
    if (!std::isfinite(loss))
      throw Error(fmt::format("the loss is {} at epoch {}, step {} of {}: training stopped", loss, epoch + 1, step + 1, steps));
    backward(result.loss);
    rate = schedule_.rate(epoch * steps + step);
    optimizer_.step(rate);
    loss_sum += loss * static_cast<double>(result.samples);
    samples += result.samples;
    for (const auto& hook : hooks_)
      hook->on_step({epoch, options_.epochs, step, steps, loss, rate, result.samples, seconds_before + seconds_since(start)});
  }
  optimizer_.clear_grad();
  const double training_seconds = seconds_since(start);
  task_.model().eval();
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
    for (const auto& hook : hooks_) hook->on_epoch(report);
  }
  return summary_;
}

}  // namespace fovea
