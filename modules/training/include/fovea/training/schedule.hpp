// The learning rate over time.
#pragma once

#include <cstdint>

namespace fovea {

struct ScheduleOptions {
  enum class Kind : std::uint8_t { constant, step, cosine };
  Kind kind = Kind::cosine;
  double learning_rate = 0.1;     ///< the peak
  double final_rate = 0;          ///< cosine: where it ends
  double factor = 0.1;            ///< step: what the rate is multiplied by ...
  std::int64_t step_every = 0;    ///< ... after this many steps, again and again
  std::int64_t total_steps = 0;   ///< cosine: the length, warm-up included
  std::int64_t warmup_steps = 0;  ///< linear from learning_rate / warmup_steps up to learning_rate
};

/// Learning rates by step number, a pure function.
///   step:   rate * factor^floor((t - warmup) / step_every)
///   cosine: final + (rate - final) / 2 * (1 + cos(pi * (t - warmup) / (total - warmup)))   (Loshchilov and Hutter 2017, eq. 5)
class Schedule {
 public:
  /// Throws OptionError naming the option that is out of range.
  explicit Schedule(const ScheduleOptions& options);
  /// The rate of optimiser step `step`, counted from 0.
  double rate(std::int64_t step) const;

 private:
  ScheduleOptions options_;
};

}  // namespace fovea
