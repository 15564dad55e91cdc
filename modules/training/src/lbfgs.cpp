#include "fovea/training/lbfgs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "fovea/tensor/dispatch.hpp"
#include "optimizer_options.hpp"

namespace fovea {

namespace {

constexpr double kLeastCurvature = 1e-10;                // of a pair of changes that is worth keeping
constexpr double kLeastGrowth = 0.01, kMostGrowth = 10;  // of a step length that is extrapolated
constexpr double kMargin = 0.1;                          // of a bracket that interpolation should keep from its ends

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(std::vector<double>& y, double factor, const std::vector<double>& x) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

double sum_of_magnitudes(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum;
}

/// The minimum of the cubic through two points with given slopes, inside [low, high]; the middle where the cubic has none.
template <class Point>
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const Point &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
  const double width = right.t - left.t;
  const double d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t);
  const double square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double t = right.t - width * (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return std::min(std::max(t, low), high);
}

template <class Point>
std::size_t lower_of(const std::array<Point, 2>& points) {
  return points[0].loss <= points[1].loss || std::isnan(points[1].loss) ? 0 : 1;
}

}  // namespace

Lbfgs::Lbfgs(std::vector<NamedParameter> parameters, const LbfgsOptions& options) : options_(options), parameters_(std::move(parameters)) {
  check_positive("lbfgs", "the learning rate", options.learning_rate);
  check_positive("lbfgs", "the number of iterations", options.iterations);
  check_positive("lbfgs", "the number of evaluations", options.evaluations);
  check_positive("lbfgs", "the history", options.history);
  check_positive("lbfgs", "the number of line search evaluations", options.line_search_evaluations);
  check_not_negative("lbfgs", "the gradient tolerance", options.gradient_tolerance);
  check_not_negative("lbfgs", "the change tolerance", options.change_tolerance);
  if (!(0 < options.sufficient_decrease && options.sufficient_decrease < options.curvature && options.curvature < 1))
    throw OptionError(fmt::format("[lbfgs] wants 0 < sufficient decrease < curvature < 1, found {} and {}", options.sufficient_decrease,
                                  options.curvature));
}

Lbfgs::Vector Lbfgs::weights() const {
  Vector values;
  for (const NamedParameter& parameter : parameters_) {
    const Tensor& weight = parameter.variable.value();
    dispatch_floating(weight.dtype(), "lbfgs",
                      [&]<class T>() { values.insert(values.end(), weight.span<T>().begin(), weight.span<T>().end()); });
  }
  return values;
}

void Lbfgs::set_weights(const Vector& values) {
  const double* next = values.data();
  for (const NamedParameter& parameter : parameters_) {
    Tensor weight = parameter.variable.value();
    dispatch_floating(weight.dtype(), "lbfgs", [&]<class T>() {
      for (T* w = weight.mutable_data<T>(); w != weight.data<T>() + weight.numel(); ++w) *w = static_cast<T>(*next++);
    });
    weight.storage().bump_version("lbfgs");
  }
}

double Lbfgs::evaluate(const std::function<Variable()>& loss, Vector& gradient) {
  for (NamedParameter& parameter : parameters_) parameter.variable.clear_grad();
  const Variable value = loss();
  backward(value);
  gradient.clear();
  for (const NamedParameter& parameter : parameters_) {
    const Tensor& grad = parameter.variable.grad();
    if (!grad.defined()) {
      gradient.resize(gradient.size() + static_cast<std::size_t>(parameter.variable.shape().numel()));
    } else {
      dispatch_floating(grad.dtype(), "lbfgs",
                        [&]<class T>() { gradient.insert(gradient.end(), grad.span<T>().begin(), grad.span<T>().end()); });
    }
  }
  ++evaluations_;
  return value.item();
}

/// The two loops of algorithm 7.4.
Lbfgs::Vector Lbfgs::direction(const Vector& gradient) const {
  Vector d = gradient;
  for (double& value : d) value = -value;
  std::vector<double> alpha(history_.size());
  for (std::size_t i = history_.size(); i-- > 0;) {
    alpha[i] = dot(history_[i].weights, d) * history_[i].inverse_product;
    add_scaled(d, -alpha[i], history_[i].gradient);
  }
  for (double& value : d) value *= scale_;
  for (std::size_t i = 0; i < history_.size(); ++i)
    add_scaled(d, alpha[i] - dot(history_[i].gradient, d) * history_[i].inverse_product, history_[i].weights);
  return d;
}

/// Algorithm 3.5 finds an interval with points that satisfy the strong Wolfe conditions, algorithm 3.6 shrinks it until it holds one.
Lbfgs::Point Lbfgs::search(const std::function<Point(double t)>& at, const Point& start, double t, double largest_direction) const {
  const auto too_high = [&](const Point& p) {
    return !(p.loss <= start.loss + options_.sufficient_decrease * p.t * start.slope);
  };  // or NaN
  const auto flat_enough = [&](const Point& p) { return std::abs(p.slope) <= -options_.curvature * start.slope; };

  Point previous = start, current = at(t);
  std::array<Point, 2> bracket;
  int searched = 0;
  for (;; ++searched) {
    if (searched == options_.line_search_evaluations) {
      bracket = {start, current};
      break;
    }
    const bool climbed = too_high(current) || (searched > 1 && current.loss >= previous.loss);
    if (!climbed && flat_enough(current)) return current;
    if (climbed || current.slope >= 0) {
      bracket = {previous, current};
      break;
    }
    const double next = cubic_minimum(previous, current, current.t + kLeastGrowth * (current.t - previous.t), kMostGrowth * current.t);
    previous = std::move(current);
    current = at(next);
  }

  std::size_t low = lower_of(bracket);
  bool was_near_an_end = false;
  for (; searched < options_.line_search_evaluations; ++searched) {
    const double first = std::min(bracket[0].t, bracket[1].t), last = std::max(bracket[0].t, bracket[1].t);
    if ((last - first) * largest_direction < options_.change_tolerance) break;
    double next = cubic_minimum(bracket[0], bracket[1], first, last);
    // Twice near an end, or on it: a tenth of the interval inside, so that it shrinks.
    const double margin = kMargin * (last - first);
    const bool near_an_end = std::min(last - next, next - first) < margin;
    if (near_an_end && (was_near_an_end || next >= last || next <= first)) {
      next = std::abs(next - last) < std::abs(next - first) ? last - margin : first + margin;
      was_near_an_end = false;
    } else {
      was_near_an_end = near_an_end;
    }
    Point point = at(next);
    if (too_high(point) || point.loss >= bracket[low].loss) {
      bracket[1 - low] = std::move(point);
      low = lower_of(bracket);
      continue;
    }
    if (flat_enough(point)) return point;
    if (point.slope * (bracket[1 - low].t - bracket[low].t) >= 0) bracket[1 - low] = bracket[low];
    bracket[low] = std::move(point);
  }
  return bracket[low];
}

double Lbfgs::step(const std::function<Variable()>& loss) {
  const std::int64_t first_evaluation = evaluations_;
  Point here;
  here.loss = evaluate(loss, here.gradient);
  const double first_loss = here.loss;
  if (largest_magnitude(here.gradient) <= options_.gradient_tolerance) return first_loss;

  for (int round = 0; round < options_.iterations; ++round) {
    if (iteration_++ > 0) {
      Change change{here.gradient, direction_, 0};
      add_scaled(change.gradient, -1, previous_gradient_);
      for (double& value : change.weights) value *= length_;
      const double product = dot(change.gradient, change.weights);
      if (product > kLeastCurvature) {
        scale_ = product / dot(change.gradient, change.gradient);
        change.inverse_product = 1 / product;
        if (history_.size() == static_cast<std::size_t>(options_.history)) history_.erase(history_.begin());
        history_.push_back(std::move(change));
      }
    }
    direction_ = direction(here.gradient);
    // Nothing is known of the curvature at first: a step of length 1 at most.
    length_ = options_.learning_rate * (iteration_ == 1 ? std::min(1.0, 1 / sum_of_magnitudes(here.gradient)) : 1);
    previous_gradient_ = here.gradient;
    here.t = 0;
    here.slope = dot(here.gradient, direction_);
    if (here.slope > -options_.change_tolerance) break;

    const Vector origin = weights();
    const auto at = [&](double t) {
      Vector moved = origin;
      add_scaled(moved, t, direction_);
      set_weights(moved);
      Point point{.t = t};
      point.loss = evaluate(loss, point.gradient);
      point.slope = dot(point.gradient, direction_);
      return point;
    };
    const double previous_loss = here.loss, largest_direction = largest_magnitude(direction_);
    if (options_.line_search) {
      here = search(at, here, length_, largest_direction);
      length_ = here.t;
    }
    Vector moved = origin;
    add_scaled(moved, length_, direction_);
    set_weights(moved);
    if (round + 1 == options_.iterations) break;  // the next call begins with the loss of these weights
    if (!options_.line_search) here = at(length_);

    if (evaluations_ - first_evaluation >= options_.evaluations || largest_magnitude(here.gradient) <= options_.gradient_tolerance ||
        largest_direction * length_ <= options_.change_tolerance || std::abs(here.loss - previous_loss) < options_.change_tolerance)
      break;
  }
  return first_loss;
}

void Lbfgs::visit_state(StateArchive archive) {
  auto changes = static_cast<std::int64_t>(history_.size());
  archive.value("changes", changes);
  history_.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(changes, 0, options_.history)));
  for (std::size_t i = 0; i < history_.size(); ++i) {
    StateArchive change = archive.part("change" + std::to_string(i));
    change.numbers("gradient", history_[i].gradient);
    change.numbers("weights", history_[i].weights);
    change.value("inverse_product", history_[i].inverse_product);
  }
  archive.numbers("direction", direction_);
  archive.numbers("previous_gradient", previous_gradient_);
  archive.value("scale", scale_);
  archive.value("length", length_);
  archive.value("iteration", iteration_);
  archive.value("evaluations", evaluations_);
}

}  // namespace fovea
