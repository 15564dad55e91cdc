#include "fovea/training/training_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/memory.hpp"
#include "fovea/training/gradients.hpp"
#include "fovea/training/progress.hpp"

namespace fovea {

namespace {

double peak_mib() { return static_cast<double>(host_memory_statistics().peak) / (1 << 20); }

}  // namespace

TrainingLogHook::TrainingLogHook(const std::filesystem::path& folder, std::vector<NamedParameter> parameters, TrainingLogOptions options)
    : parameters_(std::move(parameters)),
      options_(std::move(options)),
      lines_(folder / "log.jsonl"),
      events_(folder),
      monitor_(parameters_) {
  if (options_.every < 0) throw OptionError(fmt::format("updates between log entries are at least 0, found {}", options_.every));
}

void TrainingLogHook::visit_state(const StateArchive& archive) {
  StateArchive own = archive.part("training_log");
  own.value("updates", updates_);
  own.value("interval_start", interval_start_);
  own.value("interval_images", interval_images_);
  for (const auto& [name, file] : {std::pair{"lines", &lines_}, {"events", &events_.file()}}) {
    auto bytes = static_cast<std::int64_t>(file->size());
    own.value(name, bytes);
    if (own.is_loading()) file->truncate(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
  }
}

void TrainingLogHook::add(const Json& entry) { lines_.append(json_line(entry)); }

void TrainingLogHook::on_gradients() {
  if (!is_sampled(updates_ + 1)) return;
  gradient_norm_ = gradient_norm(parameters_);
  monitor_.before_update();
}

/// Over the steps since the last entry; an epoch's first step only starts the clock, as the validation is before it.
double TrainingLogHook::images_per_second(const StepReport& report) {
  const double seconds = report.seconds - std::exchange(interval_start_, report.seconds);
  return static_cast<double>(std::exchange(interval_images_, 0)) / seconds;
}

void TrainingLogHook::on_step(const StepReport& report) {
  ++updates_;
  interval_images_ += report.samples;
  if (report.step == 0) {
    interval_start_ = report.seconds;
    interval_images_ = 0;
  }
  if (!is_sampled(updates_)) return;
  Json entry = {{"event", "step"},
                {"update", updates_},
                {"epoch", report.epoch + 1},
                {"loss", report.loss},
                {"learning_rate", report.learning_rate},
                {"gradient_norm", gradient_norm_}};
  std::vector<std::pair<std::string, double>> scalars = {
      {"train/loss", report.loss}, {"train/learning_rate", report.learning_rate}, {"train/gradient_norm", gradient_norm_}};
  if (interval_images_ > 0) {
    entry["images_per_second"] = images_per_second(report);
    scalars.emplace_back("speed/images_per_second", entry["images_per_second"].get<double>());
  }
  entry["seconds"] = report.seconds;
  entry["seconds_left"] = seconds_left(report);
  entry["peak_mib"] = peak_mib();
  scalars.emplace_back("memory/peak_mib", peak_mib());
  Json& weights = entry["weights"] = Json::object();
  for (const UpdateStatistics& one : monitor_.after_update()) {
    weights[one.name] = {{"gradient_norm", one.gradient_norm}, {"weight_norm", one.weight_norm}, {"update_ratio", one.ratio()}};
    scalars.emplace_back("gradient_norm/" + one.name, one.gradient_norm);
    scalars.emplace_back("update_ratio/" + one.name, one.ratio());
  }
  add(entry);
  events_.add_scalars(updates_, scalars);
}

void TrainingLogHook::on_epoch(const EpochReport& report) {
  Json entry = {{"event", "epoch"},
                {"update", updates_},
                {"epoch", report.epoch + 1},
                {"seconds", report.seconds},
                {"images_per_second", report.images_per_second},
                {"learning_rate", report.learning_rate},
                {"train_loss", report.train_loss}};
  std::vector<std::pair<std::string, double>> scalars = {{"epoch/train_loss", report.train_loss},
                                                         {"speed/epoch_images_per_second", report.images_per_second}};
  for (const auto& [name, value] : report.validation) {
    entry[name] = value;
    scalars.emplace_back("epoch/" + name, value);
  }
  entry["best"] = report.best;
  entry["peak_mib"] = peak_mib();
  if (options_.dead_channels) {
    Json& dead = entry["dead_channels"] = Json::object();
    for (const auto& [layer, share] : options_.dead_channels()) {
      dead[layer] = share;
      scalars.emplace_back("dead_channels/" + layer, share);
    }
  }
  add(entry);
  events_.add_scalars(updates_, scalars);
}

}  // namespace fovea
