// L-BFGS: Newton steps from the last few gradients, for losses that are the same function at every call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fovea/nn/module.hpp"
#include "fovea/training/training_state.hpp"

namespace fovea {

struct LbfgsOptions {
  double learning_rate = 1;           ///< the first step length that a line search tries
  int iterations = 20;                ///< most iterations of one step()
  int evaluations = 25;               ///< no further iteration after so many evaluations of the loss in one step()
  double gradient_tolerance = 1e-7;   ///< stops when no element of the gradient is larger
  double change_tolerance = 1e-9;     ///< stops when neither a weight nor the loss changes by more
  int history = 100;                  ///< pairs of changes that stand for the curvature
  bool line_search = true;            ///< strong Wolfe conditions; without, steps have the length of the learning rate
  double sufficient_decrease = 1e-4;  ///< c1 of the Wolfe conditions
  double curvature = 0.9;             ///< c2
  int line_search_evaluations = 25;
};

/// Limited-memory BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5) with a line search for the strong Wolfe conditions (3.5 and 3.6;
/// cubic interpolation, eq. 3.59) and the safeguards of Schmidt's minFunc. It wants the same loss at every call: the full batch, no
/// dropout, batch norm in evaluation mode. Its arithmetic is f64 whatever the weights' type; sums have a fixed order.
class Lbfgs {
 public:
  /// Throws OptionError on options out of range.
  explicit Lbfgs(std::vector<NamedParameter> parameters, const LbfgsOptions& options = {});

  /// Up to options.iterations iterations. `loss` computes the scalar loss at the present weights; it is called with cleared gradients and
  /// followed by a backward pass. Returns the loss at the first weights. Parameters that the loss does not reach stay as they are.
  double step(const std::function<Variable()>& loss);

  void visit_state(StateArchive archive);

  std::int64_t evaluations() const { return evaluations_; }  ///< of all steps so far

 private:
  using Vector = std::vector<double>;
  /// Where the search stands on the line x + t d.
  struct Point {
    double t = 0, loss = 0, slope = 0;
    Vector gradient;
  };
  struct Change {
    Vector gradient, weights;
    double inverse_product;
  };

  double evaluate(const std::function<Variable()>& loss, Vector& gradient);
  Vector weights() const;
  void set_weights(const Vector& values);
  Vector direction(const Vector& gradient) const;
  Point search(const std::function<Point(double t)>& at, const Point& start, double t, double largest_direction) const;

  LbfgsOptions options_;
  std::vector<NamedParameter> parameters_;
  std::vector<Change> history_;
  double scale_ = 1;  // of the first approximation to the inverse curvature
  Vector direction_, previous_gradient_;
  double length_ = 0;  // of the last step along direction_
  std::int64_t iteration_ = 0, evaluations_ = 0;
};

}  // namespace fovea
