// The learning rate over time.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/training/training_state.hpp"

namespace fovea {

struct ScheduleOptions {
  enum class Kind : std::uint8_t {
    constant,
    step,
    multi_step,
    exponential,
    inverse_time,
    linear,
    polynomial,
    cosine,
    cosine_restarts,
    one_cycle
  };
  enum class WarmUp : std::uint8_t { linear, constant };
  Kind kind = Kind::cosine;
  double learning_rate = 0.1;     ///< the peak
  double final_rate = 0;          ///< linear, polynomial, cosine, cosine_restarts: where it ends
  double factor = 0.1;            ///< step, multi_step, exponential: what the rate is multiplied by ...
  std::int64_t step_every = 0;    ///< ... step: after this many steps, again and again
  std::int64_t total_steps = 0;   ///< linear, polynomial, cosine, one_cycle: the length, warm-up included
  std::int64_t warmup_steps = 0;  ///< before the schedule proper, whose steps count from the end of the warm-up
  WarmUp warmup = WarmUp::linear;
  /// linear: 0 climbs in equal steps from learning_rate / warmup_steps to learning_rate in the last one; otherwise from learning_rate *
  /// warmup_factor to the learning_rate of the step after the warm-up. constant: the rate is learning_rate * warmup_factor.
  double warmup_factor = 0;
  std::vector<std::int64_t> milestones = {};  ///< multi_step: the steps of the changes, ascending
  double decay = 0;                           ///< inverse_time
  double power = 1;                           ///< polynomial
  std::int64_t period = 0;                    ///< cosine_restarts: the length of the first cycle ...
  std::int64_t period_factor = 1;             ///< ... and how much longer than the last every further one is
  double rising_share = 0.3;                  ///< one_cycle: of the steps, with a rising rate
  double initial_divisor = 25;                ///< one_cycle: the first rate is learning_rate / initial_divisor ...
  double final_divisor = 1e4;                 ///< ... and the last one the first / final_divisor
  bool linear_cycle = false;                  ///< one_cycle: straight lines instead of half cosines
  bool three_phases = false;                  ///< one_cycle: down to the first rate as steeply as up, then to the last
};

/// Learning rates by step number, a pure function. With t counted from the end of the warm-up and T = total - warmup:
///   step:            rate * factor^floor(t / step_every)
///   multi_step:      rate * factor^(milestones at or before t)
///   exponential:     rate * factor^t
///   inverse_time:    rate / (1 + decay * t)
///   linear:          rate + (final - rate) * t / T
///   polynomial:      final + (rate - final) * (1 - t / T)^power
///   cosine:          final + (rate - final) / 2 * (1 + cos(pi * t / T))                 (Loshchilov and Hutter 2017, eq. 5)
///   cosine_restarts: the same with the position in cycles of period, period * period_factor, ...   (ibid., section 3)
///   one_cycle:       from first rate to peak to last rate, T steps long       (Smith and Topin 2018; half cosines as is usual now)
/// Schedules with a length stay at their last rate after it.
class Schedule {
 public:
  /// Throws OptionError naming the option that is out of range.
  explicit Schedule(const ScheduleOptions& options);
  /// The rate of optimiser step `step`, counted from 0.
  double rate(std::int64_t step) const;
  double peak() const { return options_.learning_rate; }

 private:
  double one_cycle(double t, double length) const;

  ScheduleOptions options_;
};

struct PlateauOptions {
  double factor = 0.1;         ///< what the rate is multiplied by, in (0, 1)
  std::int64_t patience = 10;  ///< observations without improvement that are borne
  double threshold = 1e-4;     ///< what counts as improvement
  bool relative = true;        ///< the threshold is a share of the best value, else a difference
  std::int64_t cooldown = 0;   ///< observations after a change that do not count
  double minimum = 0;          ///< the rate goes no lower
  bool larger_is_better = false;
};

/// Lowers a learning rate when a metric no longer gets better. Unlike a Schedule it has a memory: the rate depends on all observations.
class ReduceOnPlateau {
 public:
  /// Throws OptionError naming the option that is out of range.
  ReduceOnPlateau(double learning_rate, const PlateauOptions& options);
  /// Takes the metric of the next epoch; a value that is not a number is no improvement. Returns the rate from now on.
  double observe(double metric);
  double rate() const { return rate_; }
  void visit_state(StateArchive archive);

 private:
  bool improves(double metric) const;

  PlateauOptions options_;
  double rate_;
  double best_;
  std::int64_t bad_ = 0, cooling_ = 0;
};

}  // namespace fovea
