#include "fovea/training/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

using Kind = ScheduleOptions::Kind;

bool has_length(Kind kind) { return kind == Kind::linear || kind == Kind::polynomial || kind == Kind::cosine || kind == Kind::one_cycle; }

bool multiplies(Kind kind) { return kind == Kind::step || kind == Kind::multi_step || kind == Kind::exponential; }

/// A number of an option that must be finite and at least (or, strictly, above) 0.
void check_number(const char* option, double value, bool above_zero) {
  if (!std::isfinite(value) || !(above_zero ? value > 0 : value >= 0))
    throw OptionError(fmt::format("{} is {}, found {}", option, above_zero ? "positive" : "at least 0", value));
}

/// From `first` to `last` along half a cosine.
double half_cosine(double first, double last, double progress) {
  return last + (first - last) / 2 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace

Schedule::Schedule(const ScheduleOptions& o) : options_(o) {
  check_number("the learning rate", o.learning_rate, true);
  check_number("the final learning rate", o.final_rate, false);
  check_number("the warm-up's factor", o.warmup_factor, false);
  if (o.warmup_steps < 0) throw OptionError(fmt::format("warm-up takes 0 steps or more, found {}", o.warmup_steps));
  if (o.warmup == ScheduleOptions::WarmUp::constant && o.warmup_steps > 0)
    check_number("the factor of a constant warm-up", o.warmup_factor, true);
  if (multiplies(o.kind)) check_number("the factor of a schedule", o.factor, true);
  if (o.kind == Kind::step && o.step_every < 1)
    throw OptionError(fmt::format("a step schedule wants at least 1 step between changes, found {}", o.step_every));
  if (o.kind == Kind::multi_step && !std::is_sorted(o.milestones.begin(), o.milestones.end()))
    throw OptionError("the milestones of a schedule are in ascending order");
  if (o.kind == Kind::inverse_time) check_number("the decay of a schedule", o.decay, false);
  if (o.kind == Kind::polynomial) check_number("the power of a schedule", o.power, true);
  if (o.kind == Kind::cosine_restarts && (o.period < 1 || o.period_factor < 1))
    throw OptionError(fmt::format("a cosine schedule with restarts wants a period and its factor of at least 1, found {} and {}", o.period,
                                  o.period_factor));
  if (has_length(o.kind) && o.total_steps <= o.warmup_steps)
    throw OptionError(
        fmt::format("a schedule with an end is longer than its warm-up, found {} steps with {} of warm-up", o.total_steps, o.warmup_steps));
  if (o.kind == Kind::one_cycle) {
    check_number("the first divisor of a one-cycle schedule", o.initial_divisor, true);
    check_number("the final divisor of a one-cycle schedule", o.final_divisor, true);
    if (!(o.rising_share > 0 && o.rising_share < (o.three_phases ? 0.5 : 1)))
      throw OptionError(
          fmt::format("the rising share of a one-cycle schedule is in (0, {}), found {}", o.three_phases ? 0.5 : 1.0, o.rising_share));
  }
}

double Schedule::one_cycle(double t, double length) const {
  const auto& o = options_;
  const double first = o.learning_rate / o.initial_divisor, last = first / o.final_divisor;
  // The rates at the ends of the phases; with fewer than 1 / share steps the first phase has no step of its own.
  struct Corner {
    double step, rate;
  };
  const double top = o.rising_share * length - 1;
  std::vector<Corner> corners{{0, first}, {top, o.learning_rate}};
  if (o.three_phases) corners.push_back({2 * o.rising_share * length - 2, first});
  corners.push_back({length - 1, last});
  for (std::size_t i = 1; i < corners.size(); ++i) {
    const Corner &from = corners[i - 1], &to = corners[i];
    if (t > to.step && i + 1 < corners.size()) continue;
    const double width = to.step - from.step, progress = width > 0 ? std::clamp((t - from.step) / width, 0.0, 1.0) : 1;
    return o.linear_cycle ? from.rate + (to.rate - from.rate) * progress : half_cosine(from.rate, to.rate, progress);
  }
  return last;
}

double Schedule::rate(std::int64_t step) const {
  const auto& o = options_;
  if (step < o.warmup_steps) {
    if (o.warmup == ScheduleOptions::WarmUp::constant) return o.learning_rate * o.warmup_factor;
    const double done = static_cast<double>(step), all = static_cast<double>(o.warmup_steps);
    if (o.warmup_factor == 0) return o.learning_rate * (done + 1) / all;
    return o.learning_rate * (o.warmup_factor + (1 - o.warmup_factor) * done / all);
  }
  const std::int64_t after = step - o.warmup_steps;
  const auto t = static_cast<double>(after), length = static_cast<double>(o.total_steps - o.warmup_steps);
  const double progress = has_length(o.kind) ? std::min(1.0, t / length) : 0;
  switch (o.kind) {
    case Kind::constant:
      return o.learning_rate;
    case Kind::step:
      return o.learning_rate * std::pow(o.factor, static_cast<double>(after / o.step_every));
    case Kind::multi_step: {
      const auto passed = std::upper_bound(o.milestones.begin(), o.milestones.end(), after) - o.milestones.begin();
      return o.learning_rate * std::pow(o.factor, static_cast<double>(passed));
    }
    case Kind::exponential:
      return o.learning_rate * std::pow(o.factor, t);
    case Kind::inverse_time:
      return o.learning_rate / (1 + o.decay * t);
    case Kind::linear:
      return o.learning_rate + (o.final_rate - o.learning_rate) * progress;
    case Kind::polynomial:
      return o.final_rate + (o.learning_rate - o.final_rate) * std::pow(1 - progress, o.power);
    case Kind::cosine:
      return half_cosine(o.learning_rate, o.final_rate, progress);
    case Kind::cosine_restarts: {
      std::int64_t begin = 0, period = o.period;
      if (o.period_factor == 1) begin = after / period * period;
      for (; after >= begin + period; period *= o.period_factor) begin += period;
      return half_cosine(o.learning_rate, o.final_rate, static_cast<double>(after - begin) / static_cast<double>(period));
    }
    case Kind::one_cycle:
      return one_cycle(t, length);
  }
  return o.learning_rate;
}

ReduceOnPlateau::ReduceOnPlateau(double learning_rate, const PlateauOptions& options)
    : options_(options), rate_(learning_rate), best_(std::nan("")) {
  check_number("the learning rate", learning_rate, true);
  check_number("the minimum of the learning rate", options.minimum, false);
  check_number("the threshold of a plateau", options.threshold, false);
  if (!(options.factor > 0 && options.factor < 1))
    throw OptionError(fmt::format("the factor of a plateau is in (0, 1), found {}", options.factor));
  if (options.patience < 0 || options.cooldown < 0)
    throw OptionError(
        fmt::format("the patience and cooldown of a plateau are at least 0, found {} and {}", options.patience, options.cooldown));
}

bool ReduceOnPlateau::improves(double metric) const {
  if (std::isnan(metric)) return false;
  if (std::isnan(best_)) return true;
  const double step = options_.relative ? options_.threshold * best_ : options_.threshold;
  return options_.larger_is_better ? metric > best_ + step : metric < best_ - step;
}

double ReduceOnPlateau::observe(double metric) {
  if (improves(metric)) {
    best_ = metric;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  if (bad_ > options_.patience) {
    rate_ = std::min(rate_, std::max(rate_ * options_.factor, options_.minimum));
    cooling_ = options_.cooldown;
    bad_ = 0;
  }
  return rate_;
}

void ReduceOnPlateau::visit_state(StateArchive archive) {
  archive.value("rate", rate_);
  archive.value("best", best_);
  archive.value("bad", bad_);
  archive.value("cooling", cooling_);
}

}  // namespace fovea
