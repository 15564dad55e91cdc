// First weights that fit the data: every layer's output gets variance 1.
#pragma once

#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

struct LsuvOptions {
  double tolerance = 0.01;  ///< of the variance
  int iterations = 10;      ///< most corrections of a layer
  bool orthogonal = true;   ///< begins with orthonormal weights (fill_orthogonal), else with the weights as they are
};

struct LsuvLayer {
  std::string layer;
  double variance;  ///< of its output in the end
  int iterations;   ///< corrections that it took
};

/// Layer-sequential unit-variance initialisation: the weights of two or more axes, in the order in which their layers run on the batch `x`,
/// are divided by the deviation of their layer's output until its variance is 1 within the tolerance. A layer whose output does not vary
/// stays as it is. Mishkin and Matas 2016, algorithm 1. Throws OptionError on options out of range.
std::vector<LsuvLayer> initialize_lsuv(Layer& network, const Variable& x, RandomStream& stream, const LsuvOptions& options = {});

}  // namespace fovea
