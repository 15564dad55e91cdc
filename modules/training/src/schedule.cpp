#include "fovea/training/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fovea/base/error.hpp"

namespace fovea {

Schedule::Schedule(const ScheduleOptions& o) : options_(o) {
  if (!(o.learning_rate > 0) || !std::isfinite(o.learning_rate))
    throw OptionError(fmt::format("the learning rate is positive, found {}", o.learning_rate));
  if (!(o.final_rate >= 0) || !std::isfinite(o.final_rate))
    throw OptionError(fmt::format("the final learning rate is at least 0, found {}", o.final_rate));
  if (o.warmup_steps < 0) throw OptionError(fmt::format("warm-up takes 0 steps or more, found {}", o.warmup_steps));
  if (o.kind == ScheduleOptions::Kind::step && (o.step_every < 1 || !(o.factor > 0) || !std::isfinite(o.factor)))
    throw OptionError(fmt::format("a step schedule wants a positive factor and at least 1 step between changes, found {} and {}", o.factor,
                                  o.step_every));
  if (o.kind == ScheduleOptions::Kind::cosine && o.total_steps <= o.warmup_steps)
    throw OptionError(
        fmt::format("a cosine schedule is longer than its warm-up, found {} steps with {} of warm-up", o.total_steps, o.warmup_steps));
}

double Schedule::rate(std::int64_t step) const {
  const auto& o = options_;
  if (step < o.warmup_steps) return o.learning_rate * static_cast<double>(step + 1) / static_cast<double>(o.warmup_steps);
  const std::int64_t after = step - o.warmup_steps;
  switch (o.kind) {
    case ScheduleOptions::Kind::constant:
      return o.learning_rate;
    case ScheduleOptions::Kind::step:
      return o.learning_rate * std::pow(o.factor, static_cast<double>(after / o.step_every));
    case ScheduleOptions::Kind::cosine: {
      const double progress = std::min(1.0, static_cast<double>(after) / static_cast<double>(o.total_steps - o.warmup_steps));
      return o.final_rate + (o.learning_rate - o.final_rate) / 2 * (1 + std::cos(std::numbers::pi * progress));
    }
  }
  return o.learning_rate;
}

}  // namespace fovea
