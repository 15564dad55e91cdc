// Arithmetic on the gradients of all parameters, between backward pass and update. A variable that is listed twice counts twice:
// Optimizer::parameters() lists every one once.
#pragma once

#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// The Euclidean norm of all gradients together; parameters without one count as 0. Summed in f64 in a fixed order: the same bits for any
/// number of threads.
double gradient_norm(const std::vector<NamedParameter>& parameters);

/// Multiplies every gradient.
void scale_gradients(const std::vector<NamedParameter>& parameters, double factor);

/// Scales all gradients down to the norm `limit` together when theirs is larger; returns the norm that they had. A norm that is not finite
/// leaves them as they are. Pascanu, Mikolov and Bengio 2013, algorithm 1. Throws OptionError unless limit is positive.
double clip_gradient_norm(const std::vector<NamedParameter>& parameters, double limit);

/// Cuts every element of every gradient off at -limit and limit. Throws OptionError unless limit is positive.
void clip_gradient_values(const std::vector<NamedParameter>& parameters, double limit);

struct PenaltyOptions {
  double l1 = 0;              ///< l1 * sum |w|
  double l2 = 0;              ///< l2 / 2 * sum w^2; both: the elastic net (Zou and Hastie 2005)
  std::string pattern = "*";  ///< of the names of the parameters that pay
  bool biases_and_norms = false;
};

/// Adds l1 sign(w) + l2 w to the gradients of the parameters that have one.
void add_penalty_gradients(const std::vector<NamedParameter>& parameters, const PenaltyOptions& options);
/// The penalty itself, for reports.
double penalty(const std::vector<NamedParameter>& parameters, const PenaltyOptions& options);

/// Scales every unit, an entry along the first axis of a weight of two or more axes, down to the norm `limit` when its own is larger.
/// Srebro and Shraibman 2005; Srivastava et al. 2014, section 5.1. Throws OptionError unless limit is positive.
void limit_unit_norms(const std::vector<NamedParameter>& parameters, double limit, const std::string& pattern = "*");

}  // namespace fovea
