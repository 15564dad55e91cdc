#include "fovea/training/rate_finder.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

void check(const RateFinderOptions& o) {
  if (!(o.lowest > 0 && o.highest > o.lowest && std::isfinite(o.highest)))
    throw OptionError(fmt::format("a range of learning rates is 0 < lowest < highest, found {} and {}", o.lowest, o.highest));
  if (o.updates < 10) throw OptionError(fmt::format("a range test takes at least 10 updates, found {}", o.updates));
  if (!(o.smoothing >= 0 && o.smoothing < 1)) throw OptionError(fmt::format("the smoothing is in [0, 1), found {}", o.smoothing));
  if (!(o.give_up > 1)) throw OptionError(fmt::format("the factor to give up at is above 1, found {}", o.give_up));
}

/// The task's losses, batch after batch, epoch after epoch.
class EndlessTask {
 public:
  explicit EndlessTask(TrainingTask& task) : task_(task), left_(0) {}
  Variable next_loss() {
    if (left_ == 0) {
      task_.begin_epoch(epoch_++, 0);
      left_ = task_.steps_per_epoch();
    }
    --left_;
    return task_.next_step().loss;
  }

 private:
  TrainingTask& task_;
  std::int64_t left_, epoch_ = 0;
};

void read_points(RateFinderResult& result) {
  const std::vector<RateFinderPoint>& points = result.points;
  std::size_t least = 0;
  for (std::size_t i = 1; i < points.size(); ++i)
    if (points[i].smoothed < points[least].smoothed) least = i;
  result.least = points[least].rate;
  // Over a few neighbours: the slope between two single updates is noise.
  constexpr std::size_t kReach = 3;
  double steepest = 0;
  result.steepest = points[least].rate;
  for (std::size_t i = kReach; i + kReach < points.size() && i <= least; ++i) {
    const double slope =
        (points[i + kReach].smoothed - points[i - kReach].smoothed) / std::log(points[i + kReach].rate / points[i - kReach].rate);
    if (slope >= steepest) continue;
    steepest = slope;
    result.steepest = points[i].rate;
  }
}

}  // namespace

RateFinderResult find_learning_rate(TrainingTask& task, Optimizer& optimizer, const RateFinderOptions& options,
                                    const std::function<void(const RateFinderPoint&)>& progress) {
  check(options);
  task.model().train();
  EndlessTask batches(task);
  RateFinderResult result;
  double average = 0, least = 0;
  for (std::int64_t update = 0; update < options.updates && !result.broke; ++update) {
    optimizer.clear_grad();
    const Variable loss = batches.next_loss();
    const double value = loss.item();
    if (!std::isfinite(value)) {
      result.broke = true;
      break;
    }
    const double share = static_cast<double>(update) / static_cast<double>(options.updates - 1);
    const double rate = options.lowest * std::pow(options.highest / options.lowest, share);
    average = options.smoothing * average + (1 - options.smoothing) * value;
    const double smoothed = average / (1 - std::pow(options.smoothing, static_cast<double>(update + 1)));
    result.points.push_back({rate, value, smoothed});
    if (progress) progress(result.points.back());
    least = update == 0 ? smoothed : std::min(least, smoothed);
    result.broke = smoothed > options.give_up * least;
    backward(loss);
    optimizer.step(rate);
  }
  optimizer.clear_grad();
  if (result.points.empty()) throw Error("the loss is not finite at the first weights: no learning rate can be found");
  read_points(result);
  return result;
}

}  // namespace fovea
