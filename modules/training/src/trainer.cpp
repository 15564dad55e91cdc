#include "fovea/training/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/training/gradients.hpp"

namespace fovea {

namespace {

double find_metric(const Metrics& metrics, const std::string& name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.first == name; });
  if (found == metrics.end()) throw OptionError(fmt::format("the task reports no metric \"{}\" to select the best epoch by", name));
  return found->second;
}

void require_metric(const TrainingTask& task, const std::string& name) {
  const std::vector<std::string> known = task.metric_names();
  if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end())
    throw OptionError(unknown_name_message("metric", name, known));
}

}  // namespace

void visit_state(EpochReport& report, StateArchive archive) {
  archive.value("epoch", report.epoch);
  archive.value("epochs", report.epochs);
  archive.value("learning_rate", report.learning_rate);
  archive.value("train_loss", report.train_loss);
  auto metrics = static_cast<std::int64_t>(report.validation.size());
  archive.value("metrics", metrics);
  report.validation.resize(static_cast<std::size_t>(std::max<std::int64_t>(metrics, 0)));
  for (std::size_t i = 0; i < report.validation.size(); ++i) {
    StateArchive metric = archive.part("metric" + std::to_string(i));
    metric.value("name", report.validation[i].first);
    metric.value("value", report.validation[i].second);
  }
  archive.value("seconds", report.seconds);
  archive.value("images_per_second", report.images_per_second);
  archive.value("best", report.best);
}

Trainer::Trainer(TrainingTask& task, Optimizer& optimizer, Schedule schedule, TrainerOptions options)
    : task_(task), optimizer_(optimizer), schedule_(schedule), options_(std::move(options)) {
  if (options_.accumulate < 1) throw OptionError(fmt::format("an update takes at least 1 batch, found {}", options_.accumulate));
  if (options_.plateau) {
    PlateauOptions plateau = *options_.plateau;
    plateau.minimum /= schedule_.peak();
    plateau_.emplace(1.0, plateau);
  }
  if (options_.patience < 0) throw OptionError(fmt::format("the patience is at least 0 epochs, found {}", options_.patience));
  require_metric(task_, options_.selection_metric);
  if (plateau_ && !options_.plateau_metric.empty()) require_metric(task_, options_.plateau_metric);
  if (options_.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", options_.epochs));
}

bool Trainer::is_better(double value) const {
  if (summary_.best_epoch < 0) return true;
  if (std::isnan(summary_.best_value)) return !std::isnan(value);  // any number is better than none
  return options_.larger_is_better ? value > summary_.best_value : value < summary_.best_value;
}

bool Trainer::is_out_of_patience() const {
  return options_.patience > 0 && summary_.best_epoch >= 0 && position_.epoch - 1 - summary_.best_epoch >= options_.patience;
}

std::int64_t Trainer::updates_per_epoch() const { return (task_.steps_per_epoch() + options_.accumulate - 1) / options_.accumulate; }

/// Of the update that the next batch belongs to.
std::int64_t Trainer::batches_of_update() const {
  const std::int64_t first = position_.batch / options_.accumulate * options_.accumulate;
  return std::min(options_.accumulate, task_.steps_per_epoch() - first);
}

double Trainer::epoch_seconds() {
  const Clock::time_point now = Clock::now();
  position_.seconds += std::chrono::duration<double>(now - lap_).count();
  lap_ = now;
  return position_.seconds;
}

void Trainer::train_batch() {
  const StreamPositions streams(task_.model());
  try {
    std::optional<AnomalyGuard> watching;
    if (options_.detect_anomaly) watching.emplace(task_.model());
    accumulate_batch(streams);
  } catch (const AnomalyError& found) {
    stop_at_anomaly("a number is not finite", found.anomaly(), streams);
  }
  const std::int64_t in_update = position_.batch % options_.accumulate, of_update = batches_of_update();
  if (in_update == of_update - 1) update();
  ++position_.batch;
}

/// Adds the gradients of one batch; with the last batch of an update these are the gradients of the mean loss over its samples.
void Trainer::accumulate_batch(const StreamPositions& before) {
  const std::int64_t in_update = position_.batch % options_.accumulate, of_update = batches_of_update();
  if (in_update == 0) optimizer_.clear_grad();  // before the forward pass, which then has their memory
  const TrainingTask::Step result = task_.next_step();
  const double loss = result.loss.item();
  if (!std::isfinite(loss)) stop_at_anomaly(fmt::format("the loss is {}", std::isnan(loss) ? "nan" : "infinite"), std::nullopt, before);
  position_.update_loss_sum += loss * static_cast<double>(result.samples);
  position_.update_samples += result.samples;
  if (of_update == 1) {
    backward(result.loss);
    position_.update_loss = loss;
  } else {
    backward(result.loss, Tensor::full(result.loss.shape(), static_cast<double>(result.samples), result.loss.dtype()));
    const auto samples = static_cast<double>(std::max<std::int64_t>(position_.update_samples, 1));
    if (in_update == of_update - 1) scale_gradients(optimizer_.parameters(), 1 / samples);
    position_.update_loss = position_.update_loss_sum / samples;
  }
  for (const NamedParameter& parameter : optimizer_.parameters())
    if (parameter.variable.grad().defined() && !is_finite(parameter.variable.grad()))
      stop_at_anomaly(fmt::format("the gradient of \"{}\" is not finite", parameter.name), std::nullopt, before);
}

/// `before` is where the random streams were when the batch began.
void Trainer::stop_at_anomaly(const std::string& symptom, std::optional<Anomaly> found, const StreamPositions& before) {
  const std::int64_t step = position_.batch / options_.accumulate;
  std::string message =
      fmt::format("{} at epoch {}, step {} of {}: training stopped", symptom, position_.epoch + 1, step + 1, updates_per_epoch());
  before.restore();
  std::string replay;
  if (options_.saving.save_replay) {
    TrainingState state;
    StateArchive archive = StateArchive::saving(state);
    fovea::visit_state(task_.model(), archive.part(kReplayModel));
    task_.visit_batch(archive.part(kReplayBatch));
    Json names = task_.sample_names();
    archive.value(kReplaySamples, names);
    replay = options_.saving.save_replay(state);
  }
  if (!found) found = find_anomaly(task_.model(), [this] { return task_.repeat_step().loss; });
  if (found) message += fmt::format("\n  comes from {}", found->describe());
  message += describe_samples(task_.sample_names(), found ? *found : Anomaly());
  throw Error(replay.empty() ? message : fmt::format("{}\n  {}", message, replay));
}

void Trainer::update() {
  const std::int64_t step = position_.batch / options_.accumulate, steps = updates_per_epoch();
  for (const auto& hook : hooks_) hook->on_gradients();
  position_.learning_rate = schedule_.rate(position_.epoch * steps + step) * (plateau_ ? plateau_->rate() : 1);
  optimizer_.step(position_.learning_rate);
  for (const auto& hook : hooks_) hook->on_update();
  const std::int64_t samples = std::exchange(position_.update_samples, 0);
  position_.loss_sum += std::exchange(position_.update_loss_sum, 0);
  position_.samples += samples;
  const double seconds = summary_.seconds + epoch_seconds();
  for (const auto& hook : hooks_)
    hook->on_step({position_.epoch, options_.epochs, step, steps, position_.update_loss, position_.learning_rate, samples, seconds});
}

/// False when it was stopped.
bool Trainer::train_epoch() {
  const std::int64_t batches = task_.steps_per_epoch();
  if (position_.batch == batches) return true;  // stopped in the validation
  task_.model().train();
  task_.begin_epoch(position_.epoch, position_.batch);
  while (position_.batch < batches) {
    if (options_.stop.requested()) return false;
    train_batch();
    save_if_due();
  }
  optimizer_.clear_grad();
  position_.training_seconds = epoch_seconds();
  return true;
}

/// Nothing when it was stopped; then everything is as it was before.
std::optional<Metrics> Trainer::validate() {
  if (options_.stop.requested()) return std::nullopt;
  const StreamPositions streams(task_.model());  // some layers draw in evaluation mode, too
  task_.model().eval();
  for (const auto& hook : hooks_) hook->on_validation_begin();
  try {
    const NoGradGuard no_grad;
    return task_.validate();
  } catch (const Stopped&) {
    for (const auto& hook : hooks_) hook->on_validation_end();
    streams.restore();
    return std::nullopt;
  }
}

/// Everything behind the last batch of an epoch. False when it was stopped.
bool Trainer::finish_epoch() {
  std::optional<Metrics> validation = validate();
  if (!validation) return false;
  EpochReport report{.epoch = position_.epoch,
                     .epochs = options_.epochs,
                     .learning_rate = position_.learning_rate,
                     .train_loss = position_.loss_sum / static_cast<double>(std::max<std::int64_t>(position_.samples, 1)),
                     .validation = std::move(*validation),
                     .seconds = epoch_seconds(),
                     .images_per_second = static_cast<double>(position_.samples) / position_.training_seconds,
                     .best = false};
  summary_.seconds += report.seconds;
  const double value = find_metric(report.validation, options_.selection_metric);
  report.best = is_better(value);
  if (report.best) {
    summary_.best_epoch = report.epoch;
    summary_.best_value = value;
  }
  if (plateau_) plateau_->observe(options_.plateau_metric.empty() ? value : find_metric(report.validation, options_.plateau_metric));
  for (const auto& hook : hooks_) hook->on_epoch(report);
  for (const auto& hook : hooks_) hook->on_validation_end();
  position_ = {.epoch = report.epoch + 1};
  return true;
}

TrainingSummary Trainer::run() {
  summary_.stopped = false;
  lap_ = Clock::now();
  saved_at_ = lap_;
  if (position_.epoch == 0 && position_.batch == 0) save();
  while (position_.epoch < options_.epochs && !is_out_of_patience()) {
    summary_.stopped = !train_epoch() || !finish_epoch();
    save();
    if (summary_.stopped) break;
  }
  summary_.epochs = position_.epoch;
  return summary_;
}

void Trainer::save() {
  if (!options_.saving.save) return;
  if (position_.epoch < options_.epochs) epoch_seconds();
  TrainingState state;
  visit_state(StateArchive::saving(state));
  options_.saving.save(state);
  saved_at_ = Clock::now();
  batches_since_save_ = 0;
}

void Trainer::save_if_due() {
  ++batches_since_save_;
  const SavingOptions& saving = options_.saving;
  const bool by_number = saving.batches > 0 && batches_since_save_ >= saving.batches;
  const bool by_time = saving.seconds > 0 && std::chrono::duration<double>(Clock::now() - saved_at_).count() >= saving.seconds;
  if (by_number || by_time) save();
}

void Trainer::visit_state(StateArchive archive) {
  fovea::visit_state(task_.model(), archive.part("model"));
  optimizer_.visit_state(archive.part("optimizer"));
  task_.visit_state(archive.part("task"));
  for (const auto& hook : hooks_) hook->visit_state(archive.part("hooks"));
  if (plateau_) plateau_->visit_state(archive.part("plateau"));
  StateArchive own = archive.part("trainer");
  own.value("epoch", position_.epoch);
  own.value("batch", position_.batch);
  own.value("loss_sum", position_.loss_sum);
  own.value("samples", position_.samples);
  own.value("update_loss_sum", position_.update_loss_sum);
  own.value("update_samples", position_.update_samples);
  own.value("learning_rate", position_.learning_rate);
  own.value("seconds", position_.seconds);
  own.value("training_seconds", position_.training_seconds);
  own.value("best_epoch", summary_.best_epoch);
  own.value("best_value", summary_.best_value);
  own.value("total_seconds", summary_.seconds);
  if (archive.is_loading()) check_position();
  visit_gradients(archive.part("gradients"));
}

void Trainer::check_position() const {
  const std::int64_t batches = task_.steps_per_epoch();
  if (position_.epoch < 0 || position_.epoch > options_.epochs || position_.batch < 0 || position_.batch > batches)
    throw OptionError(fmt::format("the state is of a training at epoch {}, batch {}, but this one has {} epochs of {} batches",
                                  position_.epoch + 1, position_.batch, options_.epochs, batches));
}

/// Those of an update that is not complete; all others begin with nothing.
void Trainer::visit_gradients(StateArchive archive) {
  if (position_.update_samples == 0) return;
  for (const NamedParameter& parameter : optimizer_.parameters()) {
    Variable variable = parameter.variable;
    archive.optional_tensor(parameter.name, variable.mutable_grad(), variable.value().spec());
  }
}

}  // namespace fovea
